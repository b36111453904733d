import { systemClock } from '@prosora/durable';
import { hasTestServer, startTestServer } from '@prosora/durable/testing';
import { expect, test } from 'vitest';
import { noteDeletion, SUPPRESSION_LISTS } from '../../../src/report/suppression.ts';
import { openMailStore } from '../../../src/store/store.ts';

/** Without a lock one in twenty is missed. */
const MEMBERS = 200;

test.skipIf(!hasTestServer)(
  "a member is enabled once though Ghost's three calls come to two bridges at once (needs mariadb-server)",
  async () => {
    await using server = await startTestServer();
    const place = { ...(await server.place('enabled')), mayBeNew: true };
    const bridges = [await openMailStore(place), await openMailStore(place)];
    const forwarded: number[] = [];
    for (let member = 0; member < MEMBERS; member++) {
      const outcomes = await Promise.all(
        SUPPRESSION_LISTS.map((list, call) => {
          const { store, suppressions: queue } = bridges[call % 2] as (typeof bridges)[number];
          const context = { store, queue, sites: ['site'], clock: systemClock };
          return noteDeletion(context, 'site', list, `member-${member}@example.org`);
        }),
      );
      forwarded.push(outcomes.filter((outcome) => outcome === 'forwarded').length);
    }
    expect(forwarded).toEqual(Array(MEMBERS).fill(1));
    for (const { store } of bridges) await store.close();
  },
);
