import { randomBytes } from 'node:crypto';

/** Of an id: the time at which its message was accepted, in hex. */
const TIME_DIGITS = 11;

/** Ids sort by age, which keeps the inserts of a newsletter together in the index. */
export function newMessageId(now: number): string {
  return messageIdAt(now) + randomBytes(8).toString('hex');
}

/** What no id of a message that was accepted at this time or later is below; in ms since 1970. */
export function messageIdAt(time: number): string {
  return Math.max(0, time).toString(16).padStart(TIME_DIGITS, '0');
}

/** When the message with an id was accepted. */
export function acceptedAtOf(messageId: string): Date {
  return new Date(Number.parseInt(messageId.slice(0, TIME_DIGITS), 16));
}
