import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import Stripe from 'stripe';
import { expect, inject, test } from 'vitest';
import { verify } from '../../../src/index.ts';

/*
 * The judge is Stripe's own verifier. Where we mean to differ, the table below says why; a
 * disagreement that no row explains fails, and so does a row that explains none.
 */

const { soak, seed } = inject('proof');
const NOW = 1_795_000_000;
const TOLERANCE_SECONDS = 300;
const SECRETS = ['whsec_first_of_the_tests', 'whsec_second_of_the_tests'] as const;

interface Sample {
  body: Uint8Array;
  header: string;
  secrets: readonly string[];
}

type Side = 'we accept' | 'we refuse';
type Difference = [why: string, side: Side, explains: (sample: Sample) => boolean];

const entries = ({ header }: Sample) => header.split(',');
const values = (sample: Sample, key: string) =>
  entries(sample)
    .filter((entry) => entry.split('=')[0] === key)
    .map((entry) => entry.slice(key.length + 1));
const startsWithBom = ({ body }: Sample) =>
  Buffer.from(body.subarray(0, 3)).toString('hex') === 'efbbbf';
const isUtf8 = ({ body }: Sample) => Buffer.from(Buffer.from(body).toString()).equals(body);

const DIFFERENCES: Difference[] = [
  [
    'a time far ahead is as wrong as one long ago',
    'we refuse',
    (sample) => values(sample, 't').some((t) => Number(t) > NOW + TOLERANCE_SECONDS),
  ],
  [
    'a time is decimal digits and nothing else',
    'we refuse',
    (sample) => values(sample, 't').some((t) => !/^(0|[1-9]\d*)$/.test(t)),
  ],
  ['two times contradict each other', 'we refuse', (sample) => values(sample, 't').length > 1],
  [
    'a signature is 64 hexadecimal digits and nothing else',
    'we refuse',
    (sample) => values(sample, 'v1').some((v1) => v1.includes('=')),
  ],
  [
    'more than 16 signatures are work for a forger',
    'we refuse',
    (sample) => values(sample, 'v1').length > 16,
  ],
  ['an empty body is nothing to sign', 'we refuse', ({ body }) => body.length === 0],
  ['a byte order mark is part of the body', 'we refuse', startsWithBom],
  ['a byte order mark is part of the body', 'we accept', startsWithBom],
  ['bytes are signed, not text: they need not be UTF-8', 'we accept', (it) => !isUtf8(it)],
  ['what is signed is the bytes, not what they decode to', 'we refuse', (it) => !isUtf8(it)],
  [
    'an empty signature beside a right one is no failure',
    'we accept',
    (sample) => values(sample, 'v1').some((v1) => v1.split('=')[0] === ''),
  ],
];

const stripeAccepts = ({ body, header, secrets }: Sample) =>
  secrets.some((secret) => {
    try {
      return Stripe.webhooks.signature?.verifyHeader(
        body,
        header,
        secret,
        TOLERANCE_SECONDS,
        undefined,
        NOW * 1000,
      );
    } catch {
      return false;
    }
  });

const weAccept = ({ body, header, secrets }: Sample) =>
  verify(body, header, { secrets, now: () => NOW * 1000 }).ok;

const hmac = (secret: string, time: number, body: Uint8Array | string) =>
  createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex');

const TIMES_AMISS: ((time: number) => string)[] = [
  (time) => `t=${time}abc`,
  (time) => `t=0${time}`,
  (time) => `t= ${time}`,
  (time) => `t=+${time}`,
  (time) => `t=${time}.5`,
  (time) => `t=${time}=1`,
  (time) => `t=1,t=${time}`,
  (time) => `T=${time}`,
  () => 't=',
  () => 't=-1',
  () => 't=NaN',
  () => '',
];

const SIGNATURES_AMISS: ((right: string) => string)[] = [
  (right) => `v1=${right.toUpperCase()}`,
  (right) => `v1=${right.slice(1)}`,
  (right) => `v1=${right}0`,
  (right) => `v1=${right}=junk`,
  (right) => `v0=${right}`,
  (right) => ` v1=${right}`,
  (right) => `${'v1=potato,'.repeat(16)}v1=${right}`,
  (right) => `v1=,v1=${right}`,
  (right) => `v1,v1=${right}`,
  () => 'v1=potato',
  () => '',
];

const bodies = fc.oneof(
  { weight: 6, arbitrary: fc.json({ maxDepth: 1 }).map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string().map((text) => Buffer.from(`\ufeff${text}`)) },
);
const times = fc.oneof(
  fc.constant(NOW),
  fc.integer({ min: NOW - 302, max: NOW + 302 }),
  fc.constantFrom(0, NOW - 301, NOW - 300, NOW + 300, NOW + 301),
);
const timeEntry = fc.oneof(
  { weight: 12, arbitrary: fc.constant((time: number) => `t=${time}`) },
  { weight: 1, arbitrary: fc.constantFrom(...TIMES_AMISS) },
);
const signatureEntry = fc.oneof(
  { weight: 8, arbitrary: fc.constant((right: string) => `v1=${right}`) },
  { weight: 4, arbitrary: fc.constantFrom(...SIGNATURES_AMISS) },
);

const samples = fc
  .record({
    body: bodies,
    time: times,
    signer: fc.constantFrom(...SECRETS, 'whsec_stranger_of_the_tests'),
    // Stripe's verifier decodes the body, so a signature over the decoded text tells the two apart.
    signsText: fc.boolean(),
    formatTime: timeEntry,
    formatSignature: signatureEntry,
    noise: fc.option(fc.stringMatching(/^[tv01=,a-f ]{0,12}$/), { freq: 8 }),
    secrets: fc.constantFrom<(readonly string[])[]>([SECRETS[0]], SECRETS),
  })
  .map(({ body, time, signer, signsText, formatTime, formatSignature, noise, secrets }): Sample => {
    const signed = signsText ? new TextDecoder().decode(body) : body;
    const entry = formatSignature(hmac(signer, time, signed));
    const header = [formatTime(time), entry, ...(noise === null ? [] : [noise])].join(',');
    return { body, header, secrets };
  });

const wholeHeaders = fc
  .tuple(bodies, fc.string({ maxLength: 40 }))
  .map(([body, header]): Sample => ({ body, header, secrets: SECRETS }));

test('stripe 23 agrees on every input that no listed difference explains', () => {
  const explained = new Set<Difference>();
  let agreements = 0;
  const accepted = new Set<boolean>();
  const anySample = fc.oneof(
    { weight: 9, arbitrary: samples },
    { weight: 1, arbitrary: wholeHeaders },
  );
  fc.assert(
    fc.property(anySample, (sample) => {
      const ours = weAccept(sample);
      if (ours === stripeAccepts(sample)) {
        agreements += 1;
        accepted.add(ours);
        return;
      }
      const side: Side = ours ? 'we accept' : 'we refuse';
      const reasons = DIFFERENCES.filter(([, on, explains]) => on === side && explains(sample));
      expect(reasons, `${side}: ${JSON.stringify(sample.header)}`).not.toEqual([]);
      for (const reason of reasons) explained.add(reason);
    }),
    { numRuns: soak ? 1_000_000 : 100_000, seed },
  );
  expect([...accepted].sort()).toEqual([false, true]);
  expect(agreements).toBeGreaterThan(0);
  expect(DIFFERENCES.filter((difference) => !explained.has(difference))).toEqual([]);
});
