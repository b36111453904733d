import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { keyringFile, readKeyring, writeKeyring } from '../../src/account/keyring.ts';
import { createSecrets } from '../../src/account/secrets.ts';

let dataDir: string;
let now = 1_795_000_000_000;
const DAY = 86_400_000;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'prosora-keys-'));
});

const secretsWith = (inGhost: { secret: string | undefined } | undefined, stripe: string[] = []) =>
  createSecrets({
    dataDir,
    stripe,
    ghost: [],
    readGhostSecret: inGhost && (async () => inGhost.secret),
    now: () => now,
  });

test('the environment and the keyring are used together, and a verb of another process is heard', () => {
  const secrets = secretsWith(undefined, ['whsec_env_of_the_tests']);
  expect(secrets.stripe()).toEqual(['whsec_env_of_the_tests']);
  writeKeyring(dataDir, {
    stripe: [{ secret: 'whsec_made_of_the_tests', since: now }],
    ghost: [
      { secret: 'hop_old', since: now },
      { secret: 'hop_new', since: now },
    ],
  });
  secrets.reload();
  expect(secrets.stripe()).toEqual(['whsec_env_of_the_tests', 'whsec_made_of_the_tests']);
  expect(secrets.ghost()).toEqual(['hop_old', 'hop_new']);
  expect(statSync(keyringFile(dataDir)).mode & 0o777).toBe(0o600);
});

test('the secret that Ghost got is used both ways, and a former one for four days more', async () => {
  const inGhost = { secret: 'whsec_one_of_the_tests' as string | undefined };
  const secrets = secretsWith(inGhost);
  expect(await secrets.askGhost()).toBe(true);
  expect([secrets.stripe(), secrets.ghost()]).toEqual([
    ['whsec_one_of_the_tests'],
    ['whsec_one_of_the_tests'],
  ]);
  inGhost.secret = 'whsec_two_of_the_tests';
  now += 2_000;
  expect(await secrets.askGhost()).toBe(true);
  expect([secrets.stripe(), secrets.ghost()]).toEqual([
    ['whsec_one_of_the_tests', 'whsec_two_of_the_tests'],
    ['whsec_two_of_the_tests'],
  ]);
  // A new process knows them too.
  expect(secretsWith(inGhost).stripe()).toEqual([
    'whsec_one_of_the_tests',
    'whsec_two_of_the_tests',
  ]);
  now += 4 * DAY;
  expect(secrets.stripe()).toEqual(['whsec_two_of_the_tests']);
});

test('the secret of an endpoint of our own is kept, and signs beside what Ghost got, whatever Ghost does', async () => {
  writeKeyring(dataDir, {
    stripe: [{ secret: 'whsec_ours_of_the_tests', since: now, endpoint: 'we_ours' }],
    ghost: [{ secret: 'hop', since: now }],
  });
  const inGhost = { secret: 'whsec_one_of_the_tests' as string | undefined };
  const secrets = secretsWith(inGhost);
  await secrets.askGhost();
  // Ghost goes by the one until it has WEBHOOK_SECRET, and by the other from then on.
  expect(secrets.ghost()).toEqual(['hop', 'whsec_one_of_the_tests']);
  now += 5 * DAY;
  inGhost.secret = 'whsec_two_of_the_tests';
  await secrets.askGhost();
  now += 5 * DAY;
  expect(secrets.stripe()).toEqual(['whsec_ours_of_the_tests', 'whsec_two_of_the_tests']);
});

test('Ghost without a secret changes nothing, and forgers cannot make us ask all the time', async () => {
  const inGhost = { secret: 'whsec_one_of_the_tests' as string | undefined };
  let asked = 0;
  const secrets = createSecrets({
    dataDir,
    stripe: [],
    ghost: [],
    readGhostSecret: async () => {
      asked += 1;
      return inGhost.secret;
    },
    now: () => now,
  });
  await secrets.askGhost();
  inGhost.secret = undefined;
  for (let times = 0; times < 100; times += 1) await secrets.askGhost();
  expect(asked).toBe(1);
  now += 1_000;
  expect(await secrets.askGhost()).toBe(false);
  expect(secrets.stripe()).toEqual(['whsec_one_of_the_tests']);
  expect(readKeyring(dataDir).stripe).toHaveLength(1);
});
