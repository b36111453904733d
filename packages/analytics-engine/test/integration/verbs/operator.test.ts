import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createOperatorClient, findOperatorTokens } from '@prosora/service';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { operations } from '../../../src/verbs/operations.ts';
import { pageHits } from '../../fixtures/hits.ts';
import { ADMIN_TOKEN, startTestEngine, type TestEngine } from '../../fixtures/test-engine.ts';

let engine: TestEngine;

beforeEach(async () => {
  engine = await startTestEngine({ PROSORA_ENGINE_KEEP_BACKUPS: '9' });
});
afterEach(() => engine.close());

const tokens = () => findOperatorTokens({ dataDir: engine.dataDir }) ?? { read: '', write: '' };
const reader = () =>
  createOperatorClient(operations, { url: engine.privateUrl, token: tokens().read });

test('without its token nothing is answered, and with that for reading nothing is changed', async () => {
  const url = (name: string) => `${engine.privateUrl}/operator/v1/${name}`;
  for (const name of Object.keys(operations)) {
    expect((await fetch(url(name))).status).toBe(401);
    // That of Ghost opens the charts alone.
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    expect((await fetch(url(name), { headers })).status).toBe(401);
  }
  const inputs = {
    backup: {},
    confirm: {},
    erase: { member: '3f2a0c1e-9b7d-4c55-8a10-0123456789ab' },
    export: { table: 'analytics_events', file: join(engine.dataDir, 'x.ndjson') },
    retention: {},
    'trust-clock': {},
  };
  for (const [name, input] of Object.entries(inputs)) {
    const asked = reader().ask(name as keyof typeof operations, input);
    await expect(asked).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
  expect(existsSync(inputs.export.file)).toBe(false);
  expect((await reader().ask('backups', {})).items).toEqual([]);
});

test('status and doctor are answered as data, and no secret with them', async () => {
  await engine.send('analytics_events', pageHits(0, 9));
  const status = await reader().ask('status', {});
  expect(status).toMatchObject({ isReady: true, failures: [], clock: null });
  expect(status.metrics).toContainEqual({
    name: 'prosora_table_rows',
    labels: { table: '_mv_hits' },
    value: 9,
  });
  const { findings } = await reader().ask('doctor', {});
  expect(findings.map(({ name }) => name)).toContain('backups');
  expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
  const said = JSON.stringify([status, findings, engine.lines]);
  for (const secret of [ADMIN_TOKEN, tokens().read, tokens().write]) {
    expect(said).not.toContain(secret);
  }
});

test('a backup answers when it is whole, the log has who asked, and the list gives each once', async () => {
  const taken = [];
  for (let number = 1; number <= 5; number += 1) {
    await engine.send('analytics_events', pageHits(number * 9, number * 9 + 9));
    const backup = await engine.operator.ask('backup', {});
    expect(existsSync(join(backup.path, 'backup.json'))).toBe(true);
    expect(backup.rows['analytics_events']).toBe(number * 9);
    taken.push(backup);
  }
  for (const limit of [1, 2, 5, 100]) {
    const listed = [];
    for (let after: string | undefined | null; after !== null; ) {
      const page = await reader().ask('backups', { limit, after });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      listed.push(...page.items);
      after = page.next;
    }
    expect(listed).toEqual(taken);
  }
  const logged = engine.lines.map((line) => JSON.parse(line));
  expect(logged).toContainEqual(
    expect.objectContaining({ event: 'operator.done', operation: 'backup', caller: 'a test' }),
  );
});

test('an export, a removal, an erasure and a confirmation do what the verbs did', async () => {
  const member = '3f2a0c1e-9b7d-4c55-8a10-0123456789ab';
  await engine.send(
    'analytics_events',
    pageHits(0, 3).replaceAll('"member_uuid":"undefined"', `"member_uuid":"${member}"`),
  );
  const { operator, dataDir } = engine;
  const file = join(dataDir, 'events.ndjson');
  expect(await operator.ask('export', { table: 'analytics_events', file })).toEqual({ rows: 3 });
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(3);
  await expect(operator.ask('export', { table: 'analytics_events', file })).rejects.toMatchObject({
    code: 'REQUEST_INVALID',
    message: `${file} exists already.`,
  });

  const looked = await operator.ask('erase', { member });
  expect(looked.found).toContainEqual({ table: 'analytics_events', columns: ['payload'], rows: 3 });
  expect(await operator.ask('erase', { member, isSure: true })).toEqual(looked);
  expect(await operator.ask('erase', { member })).toEqual({ found: [], copies: [] });
  expect(engine.lines.join('')).not.toContain(member);

  expect(await operator.ask('retention', {})).toEqual({ removed: [] });
  expect(await operator.ask('confirm', {})).toEqual({ tables: [] });
  expect(await operator.ask('trust-clock', {})).toEqual({ isHeard: true });
});

test.each([
  ['GET', 'backups?limit=none', {}, 'limit'],
  ['GET', 'backups?after=x', {}, 'after'],
  ['POST', 'retention', { months: 0.5 }, 'months'],
  ['POST', 'erase', { member: 'anna@example.com' }, 'member'],
  ['POST', 'export', { table: 'analytics_events' }, 'file'],
  ['POST', 'backup', { to: '/tmp' }, 'to'],
])('%s %s with %j is refused, and the answer names %s', async (method, path, body, field) => {
  const answer = await fetch(`${engine.privateUrl}/operator/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${tokens().write}` },
    ...(method === 'POST' && { body: JSON.stringify(body) }),
  });
  expect(answer.status).toBe(400);
  const { error } = (await answer.json()) as { error: { code: string; message: string } };
  expect(error.code).toBe('USAGE');
  expect(error.message).toContain(field);
  expect(error.message).not.toContain('anna@example.com');
});
