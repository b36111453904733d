import { expect, test } from 'vitest';
import { changeEach } from '../../src/operate/choose.ts';

/** An inbox that has one event, which is dead. */
const inbox = {
  list: async () => ({ items: [{ id: 'evt_found' }], next: null }) as never,
};

test.each([
  ['all that a filter finds', { type: 'charge.refunded' }, ['dead', 'ambiguous', 'held']],
  ['those of a state', { state: ['dead'] }, ['dead']],
  ['those that are named', { ids: ['evt_named'] }, undefined],
  ['those that are named as they were seen', { ids: ['evt_named'], state: ['dead'] }, ['dead']],
] as const)(
  '%s have to be in the right state still when they are changed',
  async (_what, choice, among) => {
    const asked: unknown[] = [];
    await changeEach(inbox, choice, async (ids, states) => {
      asked.push([ids, states]);
      return [...ids];
    });
    expect(asked).toEqual([['ids' in choice ? ['evt_named'] : ['evt_found'], among]]);
  },
);
