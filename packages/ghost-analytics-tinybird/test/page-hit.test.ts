import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CollectorError } from '../src/errors.ts';
import { readPageHit } from '../src/page-hit.ts';
import { hitBody, OTHER_SITE, SITE } from './hits.ts';

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
  ['a pathname too long', hitBody({ pathname: `/${'a'.repeat(2_048)}` })],
  ['an address too long', hitBody({ href: 'a'.repeat(4_097) })],
  ['a tag too long', hitBody({ utm_term: 'a'.repeat(513) })],
  ['a number for a tag', hitBody({ utm_term: 7 })],
])('refused: %s', (_what, body) => {
  expect(codeOf(() => read(body))).toBe('REQUEST_INVALID');
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
