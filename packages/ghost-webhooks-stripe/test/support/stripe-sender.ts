import { setTimeout as delay } from 'node:timers/promises';
import { eventLike } from './events.ts';
import { send } from './running-inbox.ts';

/** What Stripe sends for one signup: checkout, subscription, first invoice. */
const SIGNUP = [4, 1, 6];

/** The events of `customers` signups, each with ids of its own; `suffix` tells them from those of another call. */
export function signups(customers: number, suffix = '') {
  return Array.from({ length: customers }, (_, at) =>
    SIGNUP.map((number) =>
      eventLike(number, {
        id: `evt${suffix}_${at}_${number}`,
        object: { id: `obj${suffix}_${at}_${number}`, customer: `cus_${at}` },
      }),
    ),
  ).flat();
}

type Event = ReturnType<typeof signups>[number];

/**
 * Sends events as Stripe does, several at a time, each again until it is answered 200; in the order of
 * `shuffle`. Resolves when all were acknowledged.
 */
export async function sendAll(
  url: string,
  events: readonly Event[],
  random: () => number,
  atOnce = 8,
): Promise<void> {
  const queue = events.toSorted(() => random() - 0.5);
  const lane = async () => {
    for (let event = queue.pop(); event !== undefined; event = queue.pop()) {
      while ((await send(url, event).catch(() => 0)) !== 200) await delay(20);
      // Some come twice, as Stripe says they may.
      if (random() < 0.2) await send(url, event).catch(() => 0);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
