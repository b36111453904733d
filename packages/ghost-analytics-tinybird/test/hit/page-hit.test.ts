import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CollectorError } from '../../src/errors.ts';
import { readPageHit } from '../../src/hit/page-hit.ts';
import { hitBody, OTHER_SITE, SITE } from '../fixtures/hits.ts';

const read = (body: unknown, input = {}) =>
  readPageHit({ body: JSON.stringify(body), siteHeader: undefined, ...input });

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'taken';
  } catch (error) {
    expect(error).toBeInstanceOf(CollectorError);
    return (error as CollectorError).code;
  }
};

test("the body of Ghost's script is taken as it is, with the words undefined and null", () => {
  const { payload } = read(hitBody());
  expect(payload).toMatchObject({ post_uuid: 'undefined', post_type: 'null', utm_source: null });
});

test.each([
  ['another action', hitBody({}, { action: 'click' })],
  ['another version', hitBody({}, { version: '2' })],
  ['a time that is none', hitBody({}, { timestamp: 'now' })],
  ['no payload', { ...hitBody(), payload: undefined }],
  ['a site that is no id', hitBody({ site_uuid: 'undefined' })],
  ['a post that is no id', hitBody({ post_uuid: 'null' })],
  ['a type Ghost does not have', hitBody({ post_type: 'tag' })],
  ['no pathname', hitBody({ pathname: '' })],
  ['a number for a tag', hitBody({ utm_term: 7 })],
])('refused: %s', (_what, body) => {
  expect(codeOf(() => read(body))).toBe('REQUEST_INVALID');
});

test('what others made up is cut and stays whole text; the reader still counts', () => {
  const { payload } = read(
    hitBody({
      pathname: `/${'a'.repeat(2_048)}`,
      href: `${'a'.repeat(4_095)}🐈`,
      utm_term: 'a'.repeat(513),
      parsedReferrer: { url: 'b'.repeat(5_000), source: null, medium: null },
      gift_link: 'g'.repeat(600),
      locale: 'l'.repeat(65),
      location: 'x'.repeat(65),
      member_status: 'm'.repeat(65),
    }),
  );
  expect(payload.gift_link).toHaveLength(512);
  for (const field of ['locale', 'location', 'member_status'] as const) {
    expect(payload[field]).toHaveLength(64);
  }
  expect(payload.pathname).toHaveLength(2_048);
  expect(payload.href).toBe(`${'a'.repeat(4_095)}\ufffd`);
  expect(payload.utm_term).toHaveLength(512);
  expect(payload.parsedReferrer?.url).toHaveLength(4_096);
});

test.each([null, 7, {}, 'a'.repeat(65)])(
  'a hit with the id %j is taken and gets another',
  (event_id) => {
    expect(read(hitBody({ event_id })).payload.event_id).toBeUndefined();
  },
);

test('a byte-order mark before the body is no part of it', () => {
  const body = `\ufeff${JSON.stringify(hitBody())}`;
  expect(readPageHit({ body, siteHeader: SITE }).payload.site_uuid).toBe(SITE);
});

test('a page outside Ghost need not say what only Ghost knows', () => {
  const body = hitBody();
  const { post_uuid, post_type, member_uuid, member_status, gift_link, ...payload } = body.payload;
  expect(read({ ...body, payload }).payload).toMatchObject({
    post_uuid: 'undefined',
    post_type: 'null',
    member_uuid: 'undefined',
    member_status: 'undefined',
  });
});

test('a refusal names the field and does not quote the value', () => {
  const message = /body\.payload\.member_uuid: /;
  expect(() => read(hitBody({ member_uuid: 'jamie@example.com' }))).toThrow(message);
  expect(() => read(hitBody({ member_uuid: 'jamie@example.com' }))).not.toThrow(/jamie/);
});

test('header and payload must name the same site, in any case', () => {
  expect(codeOf(() => read(hitBody(), { siteHeader: SITE.toUpperCase() }))).toBe('taken');
  expect(codeOf(() => read(hitBody(), { siteHeader: OTHER_SITE }))).toBe('REQUEST_INVALID');
  expect(codeOf(() => read(hitBody(), { siteHeader: '' }))).toBe('REQUEST_INVALID');
});

test('with a list of sites only these are counted', () => {
  expect(codeOf(() => read(hitBody(), { sites: [SITE] }))).toBe('taken');
  expect(codeOf(() => read(hitBody(), { sites: [OTHER_SITE] }))).toBe('SITE_REFUSED');
});

test('any text is either taken or refused, never a failure of ours', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
      expect(codeOf(() => readPageHit({ body, siteHeader: undefined }))).toBe('REQUEST_INVALID');
    }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(hitBody().payload)),
      fc.jsonValue(),
      (key, value) => {
        expect(['taken', 'REQUEST_INVALID']).toContain(
          codeOf(() => read(hitBody({ [key]: value }))),
        );
      },
    ),
  );
});
