/** As much of an address as can stand before and after its sign; bounded, so that a long text costs no more. */
const ADDRESS = /[^\s<>",;:()]{1,320}@[^\s<>"',;:()]{1,320}/g;

/** A text for a log, such as an answer of Resend: readers' and senders' addresses do not belong there. */
export function withoutAddresses(text: string): string {
  return text.replace(ADDRESS, '[address]');
}
