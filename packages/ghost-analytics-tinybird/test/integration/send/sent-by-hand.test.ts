import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTinybirdEvents, type TinybirdEvents } from '@prosora/service';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backfill } from '../../../src/send/backfill.ts';
import { type DeadLetter, writeDeadLetter } from '../../../src/send/dead-letters.ts';
import { replay } from '../../../src/send/replay.ts';
import { lettersIn } from '../../fixtures/dead-letters.ts';
import { SITE } from '../../fixtures/hits.ts';
import { freshDir } from '../../fixtures/running-collector.ts';
import { startUpstream, type Upstream } from '../../fixtures/upstream.ts';

let upstream: Upstream;
let tinybird: TinybirdEvents;

beforeEach(async () => {
  upstream = await startUpstream();
  tinybird = createTinybirdEvents({
    url: upstream.url,
    token: 't',
    datasource: 'd',
    timeoutMs: 1_000,
  });
});
afterEach(() => upstream[Symbol.asyncDispose]());

function exportOf(...ids: string[]): string {
  const file = join(freshDir(), 'analytics_events.ndjson');
  const rows = ids.map((event_id) =>
    JSON.stringify({ payload: JSON.stringify({ event_id }), site_uuid: SITE }),
  );
  writeFileSync(file, rows.join('\n'));
  return file;
}

test('two exports of as many rows are two, and a copy of one is the same', async () => {
  const [may, june] = [exportOf('may-1', 'may-2'), exportOf('june-1', 'june-2')];
  const copy = exportOf('may-1', 'may-2');
  for (const file of [may, june, copy, may]) await backfill({ file, tinybird });
  const ids = upstream.rows().map((row) => JSON.parse(row).payload.event_id);
  expect(ids).toEqual(['may-1', 'may-2', 'june-1', 'june-2']);
  expect(upstream.arrivals).toHaveLength(3);
  expect(upstream.changed).toEqual([]);
});

test('another export under the name of one that was sent is refused, not taken for the rest', async () => {
  const file = exportOf('may-1', 'may-2');
  await backfill({ file, tinybird });
  writeFileSync(file, readFileSync(exportOf('june-1', 'june-2', 'june-3')));
  await expect(backfill({ file, tinybird })).rejects.toMatchObject({
    code: 'BACKFILL_STOPPED',
    message: expect.stringContaining('.sent is about another export'),
  });
});

/** A letter whose rows an engine has under its name, and what `replay --anyway` does with it. */
async function replayed(kind: DeadLetter['kind']) {
  const file = join(freshDir(), 'dead-letters.db');
  const rows = [{ n: 1 }, { n: 2 }];
  const letter = { at: '2026-09-01T10:00:00Z', batch: 's:0-9', kind, reason: '', rows };
  writeDeadLetter(file, letter);
  upstream.written.set('s:0-9', ['{"n":1}']);
  await replay({ file, letter }, { tinybirdFor: () => tinybird, anyway: true });
  expect(lettersIn(file)).toEqual([]);
}

test('rows in quarantine go out under a new name, since the engine drops the one it has', async () => {
  await replayed('quarantined');
  expect(upstream.rows()).toEqual(['{"n":1}', '{"n":1}', '{"n":2}']);
});

test('rows that miss in a view go out under their old name, which the engine completes', async () => {
  await replayed('halfway');
  expect(upstream.arrivals.map(({ batch }) => batch)).toEqual(['s:0-9']);
});
