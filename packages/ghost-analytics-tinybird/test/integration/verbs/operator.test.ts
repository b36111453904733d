import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createOperatorClient, findOperatorTokens } from '@prosora/service';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type DeadLetter, writeDeadLetters } from '../../../src/send/dead-letters.ts';
import { deadLettersIn } from '../../../src/spool/data-dir.ts';
import { operations } from '../../../src/verbs/operations.ts';
import { runVerb } from '../../fixtures/collector-process.ts';
import { collectorEnv, startTestCollector, TOKEN } from '../../fixtures/running-collector.ts';
import { startUpstream } from '../../fixtures/upstream.ts';

const AT = '2026-09-01T10:00:00.000Z';
const letter = (batch: string, more: Partial<DeadLetter> = {}): DeadLetter => ({
  at: AT,
  batch,
  kind: 'refused',
  reason: '400: bad row',
  rows: [{ batch }],
  ...more,
});

/** A collector with its operator's clients, and the dead letters it begins with in two lanes. */
async function startOperated(letters: { own?: DeadLetter[]; left?: DeadLetter[] } = {}) {
  const upstream = await startUpstream();
  onTestFinished(() => upstream[Symbol.asyncDispose]());
  const env = collectorEnv(upstream.url);
  const dataDir = env.PROSORA_COLLECTOR_DATA_DIR;
  const collector = await startTestCollector(env);
  onTestFinished(() => collector.stop());
  writeDeadLetters(deadLettersIn(dataDir), letters.own ?? []);
  const tokens = findOperatorTokens({ dataDir }) ?? { read: '', write: '' };
  const client = (token: string) =>
    createOperatorClient(operations, { url: collector.privateUrl, token, caller: 'a test' });
  const verbEnv = {
    ...env,
    PROSORA_COLLECTOR_PRIVATE_PORT: new URL(collector.privateUrl).port,
  };
  return {
    ...collector,
    upstream,
    dataDir,
    tokens,
    verbEnv,
    client,
    operator: client(tokens.write),
  };
}

const deadBatches = async (
  { operator }: Awaited<ReturnType<typeof startOperated>>,
  limit = 100,
) => {
  const batches: string[] = [];
  for (let after: string | undefined | null; after !== null; ) {
    const page = await operator.ask('dead-letters', { limit, after });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    batches.push(...page.items.map(({ batch }) => batch));
    after = page.next;
  }
  return batches;
};

test('without its token nothing is answered, and with that for reading nothing is changed', async () => {
  const { privateUrl, client, tokens, upstream } = await startOperated({ own: [letter('s:0-1')] });
  for (const name of Object.keys(operations)) {
    expect((await fetch(`${privateUrl}/operator/v1/${name}`)).status).toBe(401);
  }
  const reader = client(tokens.read);
  expect((await reader.ask('status', {})).isReady).toBe(true);
  for (const name of ['replay', 'trust-clock'] as const) {
    await expect(reader.ask(name, {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
  expect(upstream.arrivals).toEqual([]);
});

test('status and doctor are answered as data, without a secret', async () => {
  const { operator, dataDir, lines, tokens } = await startOperated();
  const status = await operator.ask('status', {});
  expect(status).toMatchObject({ isReady: true, failures: [], clock: null });
  expect(status.spools).toEqual([{ folder: dataDir, bytes: 0 }]);
  expect(status.metrics).toContainEqual({
    name: 'prosora_spool_waiting_bytes',
    labels: {},
    value: 0,
  });
  const { findings } = await operator.ask('doctor', {});
  expect(findings.map(({ name }) => name)).toEqual(['folder', 'clock', 'upstream', 'site']);
  expect(findings[0]?.sentence).toBe(`A collector runs with ${dataDir}.`);
  const said = JSON.stringify([status, findings, lines]);
  for (const secret of [TOKEN, tokens.read, tokens.write]) expect(said).not.toContain(secret);
});

test('dead letters of all lanes come page by page, none lost or doubled while some are replayed', async () => {
  const names = (lane: string) => Array.from({ length: 7 }, (_, at) => `${lane}:${at}-${at + 1}`);
  const collector = await startOperated({ own: names('a').map((name) => letter(name)) });
  for (const lane of ['lane-2', 'lane-10']) {
    mkdirSync(join(collector.dataDir, lane));
    const file = deadLettersIn(join(collector.dataDir, lane));
    writeDeadLetters(
      file,
      names(lane).map((name) => letter(name)),
    );
  }
  const all = ['a', 'lane-2', 'lane-10'].flatMap(names);
  for (const limit of [1, 4, 7, 100]) expect(await deadBatches(collector, limit)).toEqual(all);

  const { operator } = collector;
  const first = await operator.ask('dead-letters', { limit: 7 });
  for (const batch of ['a:6-7', 'lane-2:0-1']) await operator.ask('replay', { batch });
  const rest = await operator.ask('dead-letters', { after: first.next ?? '' });
  expect(rest.items.map(({ batch }) => batch)).toEqual(all.slice(8));
});

test('a page ends before it is too large, and a letter comes whole', async () => {
  const rows = [{ text: 'x'.repeat(2 ** 19) }];
  const own = ['a', 'b', 'c', 'd'].map((batch) => letter(batch, { rows }));
  const collector = await startOperated({ own });
  const { items, next } = await collector.operator.ask('dead-letters', {});
  expect([items.length, next]).toEqual([2, '0:2']);
  expect(await deadBatches(collector)).toEqual(['a', 'b', 'c', 'd']);
  expect(await collector.operator.ask('dead-letter', { batch: 'c' })).toEqual(own[2]);
  await expect(collector.operator.ask('dead-letter', { batch: 'x' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'There is no dead letter x.',
  });
});

test('replay sends each once however many ask, keeps what may double, and the log has who asked', async () => {
  const own = [
    letter('s:0-1'),
    letter('s:1-2', { kind: 'halfway' }),
    letter('s:2-3', { datasource: 'automation_run_events' }),
  ];
  const collector = await startOperated({ own });
  const { operator, upstream, lines } = collector;
  const answers = await Promise.all([operator.ask('replay', {}), operator.ask('replay', {})]);
  expect(answers.flatMap(({ items }) => items).filter(({ stays }) => stays === null)).toEqual([
    { batch: 's:0-1', hits: 1, stays: null },
    { batch: 's:2-3', hits: 1, stays: null },
  ]);
  expect(upstream.arrivals.map(({ batch }) => batch)).toEqual(['s:0-1', 's:2-3']);
  expect(await deadBatches(collector)).toEqual(['s:1-2']);
  expect(await operator.ask('replay', { batch: 's:1-2', anyway: true, limit: 1 })).toEqual({
    items: [{ batch: 's:1-2', hits: 1, stays: null }],
    next: null,
  });
  expect(await deadBatches(collector)).toEqual([]);
  const logged = lines.map((line) => JSON.parse(line)).filter(({ event }) => event);
  expect(logged).toContainEqual(
    expect.objectContaining({ event: 'operator.done', operation: 'replay', caller: 'a test' }),
  );
});

test('replay goes on page by page, past those that stay', async () => {
  const own = Array.from({ length: 5 }, (_, at) => letter(`s:${at}-${at + 1}`));
  const { operator, upstream } = await startOperated({ own });
  upstream.answer = ({ rows }) => (rows[0]?.includes('s:1-2') ? { status: 400, body: 'bad' } : {});
  const outcomes: (string | null)[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const page = await operator.ask('replay', { limit: 2, after });
    outcomes.push(...page.items.map(({ stays }) => stays));
    after = page.next;
  }
  expect(outcomes).toEqual([null, '400: bad', null, null, null]);
});

test.each([
  ['dead-letters?limit=0', 'limit'],
  ['dead-letters?after=7', 'after'],
  ['dead-letters?lmit=7', 'lmit'],
  ['dead-letter', 'batch'],
])('GET %s is refused, and the answer names %s', async (path, field) => {
  const { privateUrl, tokens } = await startOperated();
  const headers = { authorization: `Bearer ${tokens.read}` };
  const answer = await fetch(`${privateUrl}/operator/v1/${path}`, { headers });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({
    error: { code: 'USAGE', message: expect.stringContaining(field) },
  });
});

test('the verbs ask the collector that runs, and do the same where none does', async () => {
  const collector = await startOperated({ own: [letter('s:0-1'), letter('s:1-2')] });
  const { verbEnv, lines, upstream } = collector;
  // Only a collector that runs knows where they go.
  const verb = (...words: string[]) =>
    runVerb({ ...verbEnv, TINYBIRD_HOST: 'http://127.0.0.1:9' }, words);
  const replayed = await verb('replay', '--batch', 's:0-1');
  expect([replayed.code, replayed.stdout]).toEqual([0, '✔ s:0-1, 1 hits\n']);
  expect(lines.join('')).toMatch(/"operation":"replay","caller":"\w+ at the command line"/);
  expect((await verb('trust-clock')).code).toBe(0);
  const listed = JSON.parse((await verb('dead')).stdout);
  expect(listed).toEqual(letter('s:1-2'));

  await collector.stop();
  expect(JSON.parse((await verb('dead')).stdout)).toEqual(listed);
  const unreached = await verb('replay');
  expect([unreached.code, unreached.stdout]).toEqual([
    1,
    expect.stringMatching(/^✘ s:1-2, 1 hits: /),
  ]);
  expect((await runVerb(verbEnv, ['replay'])).stdout).toBe('✔ s:1-2, 1 hits\n');
  expect(upstream.arrivals.map(({ batch }) => batch)).toEqual(['s:0-1', 's:1-2']);
  expect((await verb('trust-clock')).code).toBe(0);
  const status = await verb('status');
  expect([status.code, status.stderr]).toEqual([1, expect.stringMatching(/^No collector answers/)]);
});

test('what an operator says of the clock is left for whoever watches it', async () => {
  const collector = await startOperated();
  const file = join(collector.dataDir, 'clock.json');
  await vi.waitUntil(() => readFileSync(file, 'utf8') !== '');
  expect(await collector.operator.ask('trust-clock', {})).toEqual({ isHeard: true });
  expect(readFileSync(`${file}.trusted`, 'utf8')).toMatch(/^[\da-f-]{36}$/);
});
