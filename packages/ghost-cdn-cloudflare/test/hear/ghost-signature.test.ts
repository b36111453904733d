import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { signAsGhost, verifyGhostSignature } from '../../src/index.ts';

const SECRET = 'secret-of-the-webhook';
const NOW = 1_780_000_000_000;
const BODY = '{"event":"site.changed"}';

/** As Ghost's webhook-trigger.js has it. */
function ghostHeader(body: string, secret: string, time: number): string {
  const digest = createHmac('sha256', secret).update(`${body}${time}`).digest('hex');
  return `sha256=${digest}, t=${time}`;
}

const verdict = (header: string | undefined, body = BODY, now = NOW) =>
  verifyGhostSignature(Buffer.from(body), header, {
    secrets: ['other-secret-of-the-webhook', SECRET],
    now,
  });

test('what Ghost signs is believed, whatever is in it', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.integer({ min: -300_000, max: 300_000 }),
      (body, skew) => {
        const header = ghostHeader(body, SECRET, NOW + skew);
        expect(signAsGhost(body, SECRET, NOW + skew)).toBe(header);
        expect(verdict(header, body)).toMatchObject({ ok: true, timestamp: NOW + skew });
      },
    ),
  );
});

test.each([
  ['no header', undefined, 'no_signature'],
  ['a header of somebody else', 't=1,v1=00', 'no_signature'],
  [
    'a time that is not signed',
    ghostHeader(BODY, SECRET, NOW).replace(/t=.*/, `t=${NOW + 1}`),
    'no_match',
  ],
  [
    'another secret, as of another site',
    ghostHeader(BODY, 'secret-of-another-site', NOW),
    'no_match',
  ],
  ['an empty secret', ghostHeader(BODY, '', NOW), 'no_match'],
  ['an hour ago', ghostHeader(BODY, SECRET, NOW - 3_600_000), 'too_old'],
  ['an hour ahead', ghostHeader(BODY, SECRET, NOW + 3_600_000), 'too_new'],
])('%s is refused', (_what, header, refusal) => {
  expect(verdict(header)).toEqual({ ok: false, refusal });
});

test('a body that somebody changed is refused', () => {
  const header = ghostHeader(BODY, SECRET, NOW);
  expect(verdict(header, `${BODY} `)).toEqual({ ok: false, refusal: 'no_match' });
});
