import { hasTestServer, startTestServer } from '@prosora/durable/testing';
import { describe, inject, test } from 'vitest';
import { newsletterUnderFire } from '../fixtures/newsletter-under-fire.ts';

const { soak, seed } = inject('proof');
const MEMBERS = soak ? 10_000 : 300;
const BATCH = soak ? 500 : 50;
const KILLS = soak ? 20 : 3;

describe(`a newsletter to ${MEMBERS} members, lost answers, 429 and 500, ${KILLS} kills, seed ${seed}`, () => {
  const fire = { members: MEMBERS, batch: BATCH, kills: KILLS, seed };

  test('one bridge: one mail each, each shown delivered', async () => {
    await newsletterUnderFire({ ...fire, bridges: 1 });
  });

  test.skipIf(!hasTestServer)(
    'two bridges on one MySQL or MariaDB: the same (needs mariadb-server)',
    async () => {
      await using server = await startTestServer({ overTcp: true });
      const { mysql: databaseUrl } = await server.place('mail');
      console.log(`two bridges on ${server.version}`);
      await newsletterUnderFire({ ...fire, bridges: 2, databaseUrl });
    },
  );
});
