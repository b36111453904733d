import { createTinybirdEvents } from '@prosora/service';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { CollectorError } from '../../../src/errors.ts';
import { readPageHit } from '../../../src/hit/page-hit.ts';
import { rowOf } from '../../../src/hit/row.ts';
import { type EngineUpstream, startEngineUpstream } from '../../fixtures/engine-upstream.ts';
import { hitBody } from '../../fixtures/hits.ts';
import { TOKEN } from '../../fixtures/running-collector.ts';

let engine: EngineUpstream;

beforeAll(async () => {
  engine = await startEngineUpstream();
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

const { soak, seed } = inject('proof');
const HITS = soak ? 2_000 : 300;
const BATCH = soak ? 250 : 50;

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constant('\u0000\ud800'));
const long = fc.string({ unit: 'binary', minLength: 1, maxLength: 3_000 });
const anything = fc.oneof(text, long, fc.jsonValue());
/** A body over every limit, in the fields that Ghost's script sends. */
const payload = fc.record(
  {
    event_id: anything,
    gift_link: anything,
    locale: fc.oneof(long, text),
    location: fc.oneof(long, text, fc.constant(null)),
    timezone: text,
    pathname: fc.oneof(long, fc.webPath()),
    href: fc.oneof(long, fc.webUrl({ withQueryParameters: true, withFragments: true })),
    referrer: fc.oneof(long, fc.webUrl()),
    parsedReferrer: fc.record({
      url: fc.oneof(fc.webUrl(), long),
      source: fc.oneof(text, fc.constant(null)),
      medium: fc.oneof(text, fc.constant(null)),
    }),
    member_status: fc.oneof(long, text),
    utm_source: fc.oneof(long, fc.constant(null)),
  },
  { requiredKeys: [] },
);
const time = fc.oneof(
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2150-01-01') }),
  fc.date({ noInvalidDate: true }),
);
const edgeStart = fc.oneof(
  fc.constant(undefined),
  fc.maxSafeInteger().map(String),
  fc.bigInt(0n, 10n ** 20n).map(String),
  fc.string(),
);
const facts = fc.record({ receivedAt: time, edgeStart, userAgent: long, offsetMs: fc.integer() });
const input = fc.record({ payload, facts });

/** The row of a hit that passes, as the spool has it. */
function rowIn({ payload, facts }: typeof input extends fc.Arbitrary<infer T> ? T : never) {
  try {
    const hit = readPageHit({ body: JSON.stringify(hitBody(payload)), siteHeader: undefined });
    const near = String(facts.receivedAt.getTime() + facts.offsetMs);
    const edgeStart = facts.edgeStart ?? near;
    const country = hit.payload.location;
    return [JSON.stringify(rowOf(hit, { ...facts, edgeStart, country, visitorId: 'v' }))];
  } catch (error) {
    if (!(error instanceof CollectorError)) throw error;
    return [];
  }
}

test(`any of ${HITS} hits that pass is taken by the table and by every view of Ghost’s project`, async () => {
  const tinybird = createTinybirdEvents({
    url: engine.url,
    token: TOKEN,
    datasource: 'analytics_events',
    timeoutMs: 60_000,
  });
  const rows = fc.sample(input, { numRuns: 2 * HITS, seed }).flatMap(rowIn);
  expect(rows.length).toBeGreaterThanOrEqual(HITS);
  for (let from = 0; from < rows.length; from += BATCH) {
    const batch = rows.slice(from, from + BATCH);
    const outcome = await tinybird.send(batch.join('\n'), `fits:${from}-${from + BATCH}`);
    // The engine asks every view before it takes a row.
    expect(outcome).toEqual({ kind: 'accepted', rows: batch.length, quarantined: 0 });
  }
}, 240_000);
