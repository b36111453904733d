import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from '@prosora/durable';
import { type Fault, type Sandbox, startSandbox } from '@prosora/sandbox';
import { createTinybirdEvents } from '@prosora/service';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createMrrSender } from '../../../src/sinks/mrr-sink.ts';

const DATASOURCE = 'stripe_mrr_events';
const datafile = new URL(`../../../tinybird/${DATASOURCE}.datasource`, import.meta.url);

let sandbox: Sandbox;

beforeAll(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'prosora-mrr-'));
  sandbox = await startSandbox({ port: 0, dataDir, vendors: { tinybird: {} } });
});
beforeEach(async () => {
  await sandbox.reset();
  const { url, adminToken } = sandbox.tinybird;
  const project = new FormData();
  project.append('data_project://', new File([readFileSync(datafile)], `${DATASOURCE}.datasource`));
  const answer = await fetch(`${url}/v1/deploy?auto_promote=true`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}` },
    body: project,
  });
  expect(answer.status).toBe(200);
});
afterAll(() => sandbox.close());

const row = {
  timestamp: '2026-09-01T12:00:00.000Z',
  event_id: 'evt_1',
  action: 'created',
  subscription_id: 'sub_1',
  customer_id: 'cus_1',
  currency: 'usd',
  mrr_delta: 500,
};

/** Sends a row with the token that the datafile makes, and says what becomes of it in the queue. */
async function sendRow(sent: object = row, token = sandbox.tinybird.token('stripe_inbox') ?? '') {
  const { url } = sandbox.tinybird;
  const send = createMrrSender(createTinybirdEvents({ url, token, datasource: DATASOURCE }));
  const payload = Buffer.from(JSON.stringify(sent));
  return await send({ id: 'evt_1', payload } as unknown as Job, new AbortController().signal);
}

const answerWith = (fault: Fault) =>
  sandbox.tinybird.faults.set([{ match: { path: '/v0/events' }, fault }]);
const rowsThere = () => sandbox.tinybird.rows(DATASOURCE);

test('a row that is taken is done', async () => {
  expect(await sendRow()).toEqual({ kind: 'done' });
  expect(rowsThere()).toEqual([row]);
});

test('a wrong token keeps the row until a person has put it right', async () => {
  expect(await sendRow(row, 'p.nobody')).toEqual({
    kind: 'down',
    reason: expect.stringMatching(/^403: /),
  });
  expect(await sendRow()).toEqual({ kind: 'done' });
});

test.each([301, 401, 402, 403, 404, 405, 408, 410, 415, 418, 425, 429, 431, 500, 502, 503, 504])(
  '%i says nothing of the row, so it is kept and no failure is counted for it',
  async (status) => {
    answerWith({ status, body: 'no' });
    expect(await sendRow()).toEqual({ kind: 'down', reason: `${status}: no` });
  },
);

test.each([
  ['a page of something else', { status: 200, body: '<html>"quarantined_rows":1' }],
  ['no answer', { dropBeforeHandling: true }],
])('%s keeps the row', async (_what, fault) => {
  answerWith(fault);
  expect(await sendRow()).toMatchObject({ kind: 'down' });
});

test('the wait that Tinybird asks for is kept', async () => {
  sandbox.tinybird.settings.set({ eventsPerSecond: 1 });
  const results = [await sendRow(), await sendRow(), await sendRow()];
  expect(results).toContainEqual({
    kind: 'down',
    reason: expect.stringMatching(/^429: /),
    afterMs: 1_000,
  });
});

test.each([400, 413])('%i refuses the row: it is dead, with the reason', async (status) => {
  answerWith({ status, body: 'no such column' });
  expect(await sendRow()).toEqual({ kind: 'dead', reason: `${status}: no such column` });
});

test('a row in quarantine is dead, however the answer is written', async () => {
  expect(await sendRow({ ...row, mrr_delta: 'much' })).toMatchObject({ kind: 'dead' });
  expect(sandbox.tinybird.quarantine(DATASOURCE)).toHaveLength(1);
  answerWith({ status: 202, body: '{ "quarantined_rows": 1, "successful_rows": 0 }' });
  expect(await sendRow()).toMatchObject({
    kind: 'dead',
    reason: expect.stringContaining('quarantine'),
  });
  answerWith({ status: 202, body: '{"successful_rows":10,"quarantined_rows":0}' });
  expect(await sendRow()).toEqual({ kind: 'done' });
});

test('a row that a view refuses is dead and not sent again, as it is in the data source', async () => {
  sandbox.tinybird.settings.set({ viewRefuses: 'sub_1' });
  expect(await sendRow()).toMatchObject({ kind: 'dead' });
  expect(rowsThere()).toEqual([row]);
});
