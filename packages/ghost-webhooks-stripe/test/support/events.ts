import { readdirSync, readFileSync } from 'node:fs';
import type { StripeEvent } from '../../src/webhook/event.ts';

/** What may be changed on a recorded event: its envelope, or fields of the object inside. */
type Changes = Partial<Omit<StripeEvent, 'object'>> & { object?: Record<string, unknown> };

const folder = new URL('../fixtures/events/', import.meta.url);

/** The events that were composed for and delivered to a real Ghost, in the order of a member's life. */
export const recordedEvents: StripeEvent[] = readdirSync(folder)
  .sort()
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));

/** A recorded event by its number in the file's name, with some of it changed. */
export function eventLike(number: number, changes: Changes = {}): StripeEvent {
  const { object, ...envelope } = changes;
  const recorded = recordedEvents[number - 1];
  if (recorded?.data === undefined) throw new Error(`There is no event ${number}.`);
  const data = { ...recorded.data, object: { ...recorded.data.object, ...object } };
  return { ...recorded, data, ...envelope };
}

/** The bytes as Stripe formats them: JSON with two spaces. */
export function bytesOf(event: unknown): Buffer {
  return Buffer.from(JSON.stringify(event, null, 2));
}
