import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertSender, sitesOfSender } from '../../src/accept/senders.ts';

const key = 'a-key-that-is-long-enough';
const one = { name: 'one', apiKey: key, domains: ['mg.one.example'] };
const two = { name: 'two', apiKey: `${key}-2`, domains: ['two.example'] };
const sites = [one, two];

const send = (from: string, headers: Record<string, string> = {}, all = sites, site = one) =>
  assertSender(all, site, { from, headers });

const foreign = (domain: string) =>
  expect.objectContaining({
    status: 403,
    message: expect.stringMatching(
      new RegExp(`${domain}.*the site "two"; this key is that of the site "one"`),
    ),
  });

describe('a site among several sends', () => {
  test.each([
    'news@mg.one.example',
    'news@letters.mg.one.example',
    '"News of one" <news@one.example>',
    '"ceo@two.example" <news@one.example>',
    'NEWS@ONE.EXAMPLE',
    'News <news@one.example.>',
  ])('from %s, which is its own', (from) => expect(() => send(from)).not.toThrow());

  test.each([
    'news@two.example',
    'News <news@letters.two.example>',
    '"one.example" <news@TWO.example>',
    // Read as a list, the first of these is the sender.
    'ceo@two.example, <news@one.example>',
  ])('not from %s, and is told whose that is', (from) =>
    expect(() => send(from)).toThrow(foreign('two.example')),
  );

  test.each(['Sender', 'from', 'Resent-From'])('not by the header %s either', (name) =>
    expect(() => send('news@one.example', { [name]: 'ceo@two.example' })).toThrow(
      foreign('two.example'),
    ),
  );

  test('not from a domain that nobody was given, and is told how it would be', () =>
    expect(() => send('ceo@example.org')).toThrow(
      /example\.org, which belongs to no site alone.*add the domain to "senders" of "one"/,
    ));

  test.each(['root', '"ceo@one.example" <root>'])('not from %s, which has no domain', (from) =>
    expect(() => send(from)).toThrow(expect.objectContaining({ status: 403 })),
  );

  test('with replies to any address', () =>
    expect(() => send('news@one.example', { 'X-Other': 'a@two.example' })).not.toThrow());
});

test('with one site any sender passes, unless its senders are given', () => {
  expect(() => send('anybody@example.org', {}, [one])).not.toThrow();
  const bound = { ...one, senders: ['one.example'] };
  expect(() => send('a@one.example', {}, [bound], bound)).not.toThrow();
  expect(() => send('a@mg.two.example', {}, [bound], bound)).toThrow(/belongs to no site/);
});

test('what stands above the domains of two sites is neither, unless it is given to them', () => {
  const a = { ...one, domains: ['a.example.org'] };
  const b = { ...two, domains: ['b.example.org'] };
  expect(sitesOfSender([a, b], 'example.org')).toEqual([]);
  const given = { ...a, senders: ['example.org'] };
  expect(sitesOfSender([given, b], 'example.org')).toEqual([given]);
  expect(sitesOfSender([given, b], 'b.example.org')).toEqual([b]);
});

test('names of other scripts are one with what the DNS calls them', () => {
  const bücher = { ...one, domains: ['bücher.example'] };
  expect(sitesOfSender([bücher, two], 'xn--bcher-kva.example')).toEqual([bücher]);
  expect(() => send('a@BÜCHER.example', {}, [bücher, two], bücher)).not.toThrow();
});

test('of any two sites never both own a domain that one of them was given', () => {
  const domain = fc
    .array(fc.constantFrom('a', 'b', 'c', 'mg'), { minLength: 1, maxLength: 3 })
    .map((labels) => `${labels.join('.')}.example`);
  fc.assert(
    fc.property(domain, domain, domain, (first, second, asked) => {
      fc.pre(first !== second);
      const all = [
        { ...one, domains: [first] },
        { ...two, domains: [second] },
      ];
      const owners = sitesOfSender(all, asked);
      expect(owners.length).toBeLessThan(2);
      const exact = all.find(({ domains }) => domains.includes(asked));
      if (exact) expect(owners).toEqual([exact]);
    }),
  );
});
