/** What names a recipient, in our rows and in the tag `gb_r` of its mail at Resend. */
export interface RecipientKey {
  messageId: string;
  position: number;
}

/** The value of `gb_r`: letters, digits and `-`, as Resend wants it. */
export function recipientTag({ messageId, position }: RecipientKey): string {
  return `${messageId}-${position}`;
}

/** Reads a `gb_r`; undefined for one that this bridge cannot have made. */
export function parseRecipientTag(tag: string): RecipientKey | undefined {
  const match = /^([0-9a-f]{27,40})-(\d{1,7})$/.exec(tag);
  if (match === null) return undefined;
  return { messageId: match[1] ?? '', position: Number(match[2]) };
}
