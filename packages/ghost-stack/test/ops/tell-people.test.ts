import { createLogger, fail, ok, warn } from '@prosora/service';
import { expect, test } from 'vitest';
import type { Message } from '../../src/notify/message.ts';
import { findingsOf, tellPeople } from '../../src/ops/tell-people.ts';

const logger = createLogger({ name: 'ops', level: 'silent' });
const NOW = new Date('2026-11-29T12:00:00Z');

/** People who are told at this site, over and over. */
function people({ isReached = true } = {}) {
  const got: Message[] = [];
  const send = async (message: Message) => {
    if (!isReached) throw new Error('It answers 500.');
    got.push(message);
  };
  let told: Record<string, string> = {};
  return {
    got,
    reachAgain: () => {
      isReached = true;
    },
    async tell(...findings: Parameters<typeof tellPeople>[0]) {
      const channels = [{ name: 'NOTIFY_WEBHOOK_URL', send }];
      told = await tellPeople(findings, told, { site: 'blog.example.com', channels, logger });
    },
  };
}

test('a failure is told once, whatever it says the next time, and so is its end', async () => {
  const { got, tell } = people();
  await tell(fail('backup', 'The disk is full.', 'Make room.'));
  await tell(fail('backup', 'The disk is still full.'));
  await tell(warn('backup', 'Nobody knows.'));
  await tell(ok('backup', 'It is well.'));
  await tell(ok('backup', 'It is well.'));
  expect(got.map(({ kind, title, text }) => [kind, title, text])).toEqual([
    ['problem', 'blog.example.com: backup needs you', 'The disk is full. Make room.'],
    ['good', 'blog.example.com: backup is well again', 'It is well.'],
  ]);
});

test('what was never bad is not told to be well', async () => {
  const { got, tell } = people();
  await tell(ok('backup', 'It is well.'), warn('proof', 'None yet.'));
  expect(got).toEqual([]);
});

test('what reached nobody is told once somebody can be reached', async () => {
  const { got, tell, reachAgain } = people({ isReached: false });
  await tell(fail('drill', 'Rows differ.'));
  reachAgain();
  await tell(fail('drill', 'Rows differ.'));
  expect(got).toHaveLength(1);
});

test('a failed run is told by its job alone, and a late backup or proof by itself', () => {
  const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000).toISOString();
  const ended = { backup: { at: hoursAgo(1), failure: 'No.' } };
  const notes = { slots: {}, ended, asked: [], told: {} };
  const newest = { run: 'one', at: hoursAgo(30) };
  const backups = { newest, since: hoursAgo(300), failure: 'No.', isPasswordUnseen: true };
  const findings = findingsOf(notes, backups, NOW);
  expect(findings.map(({ status, name }) => `${status} ${name}`)).toEqual([
    'fail backup',
    'fail backups',
    'fail password',
    'fail proof',
  ]);
});
