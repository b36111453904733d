import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { createLocalOperator } from '@prosora/service';
import type { CompiledQuery } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStoreHandlers } from '../../../src/operate/handlers.ts';
import { storeOperations } from '../../../src/operate/operations.ts';
import { type OpenedMailStore, openMailStore } from '../../../src/store/store.ts';
import { acceptForm, membersOf, newsletterForm } from '../../fixtures/bridge-with-resend.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'mail-plans-'));
const asked: CompiledQuery[] = [];
let opened: OpenedMailStore;
let ask: ReturnType<typeof createLocalOperator<typeof storeOperations>>['ask'];

beforeAll(async () => {
  const place = { dataDir, mayBeNew: true };
  opened = await openMailStore(place);
  await acceptForm(opened, newsletterForm(membersOf(250)));
  const single = { 'v:email-id': null, 'o:tag': ['ghost-email', 'transactional-email'] };
  for (const address of membersOf(3)) await acceptForm(opened, newsletterForm([address], single));
  const db = opened.store.db.withPlugin({
    transformQuery({ node, queryId }) {
      asked.push(opened.store.db.getExecutor().compileQuery(node, queryId));
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  const store = Object.create(opened.store, { db: { value: db } });
  const handlers = createStoreHandlers({ ...opened, store }, place);
  ({ ask } = createLocalOperator(storeOperations, handlers));
});
afterAll(async () => {
  await opened.store.close();
  rmSync(dataDir, { recursive: true });
});

/** How SQLite does each query that was asked since the last time. */
function plans(): string[] {
  using database = new DatabaseSync(join(dataDir, 'mail.db'));
  return asked.splice(0).flatMap(({ sql, parameters }) => {
    const rows = database
      .prepare(`explain query plan ${sql}`)
      .all(...(parameters as SQLInputValue[]));
    return rows.map(({ detail }) => String(detail));
  });
}

const time = new Date(0).toISOString();
const id = `${'0'.repeat(27)}-0`;
const hash = `${'0'.repeat(64)}-ghost`;
const emailId = '6b04ac398120085ae4c38cc2';

test.each([
  ['newsletters', {}],
  ['newsletters', { after: 'x', site: 'ghost', since: time }],
  ['recipients', { emailId }],
  ['recipients', { emailId, after: id, state: 'failed', event: 'failed' }],
  ['mails', {}],
  [
    'mails',
    {
      after: id.replaceAll('0', 'f').replace('-f', '-1'),
      site: 'ghost',
      state: 'sent',
      since: time,
    },
  ],
  ['mails', { until: new Date().toISOString() }],
  ['reader', { address: 'Member1@example.org' }],
  ['jobs', {}],
  ['jobs', { state: 'ready', since: time, until: time, after: 'chunk.ready.2.5.5' }],
  ['suppressions', {}],
  ['suppressions', { address: 'a@example.org', after: hash, site: 'ghost' }],
] as const)('%s %o is read from indexes and never sorted', async (name, input) => {
  await ask(name, input as never);
  const found = plans();
  expect(found.length).toBeGreaterThan(0);
  for (const step of found) {
    // The events of one message's recipients are put in order, and nothing else.
    if (step === 'USE TEMP B-TREE FOR ORDER BY' && name === 'recipients') continue;
    expect(step).toMatch(/^(SEARCH|SCAN) .* USING (COVERING )?INDEX /);
  }
  // In the order of its key, up to the page's end; without a key there is nothing to search for.
  const scans = found.filter((step) => step.startsWith('SCAN'));
  const isWhole = name === 'suppressions' && Object.keys(input).length === 0;
  expect(scans).toHaveLength(isWhole ? 1 : 0);
});
