/** What the scanner reads a text by; a string is one. */
export type Characters = Pick<string, 'length' | 'charCodeAt' | 'slice'>;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/**
 * Splits a list of addresses at the commas that are not within quotes, as nodemailer's Mailgun transport joins
 * them. Each character is looked at once, whatever the text.
 */
export function splitAddresses(text: Characters): string[] {
  const addresses: string[] = [];
  let isQuoted = false;
  let start = 0;
  const end = (at: number): void => {
    const address = text.slice(start, at).trim();
    if (address !== '') addresses.push(address);
    start = at + 1;
  };
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isQuoted = !isQuoted;
    else if (code === BACKSLASH && isQuoted) at++;
    else if (code === COMMA && !isQuoted) end(at);
  }
  end(text.length);
  return addresses;
}
