/** The id that Ghost is given for a message. */
export function publicId(messageId: string, { domain }: { domain: string }): string {
  return `${messageId}@${domain}`;
}
