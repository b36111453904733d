import fc from 'fast-check';
import { expect, test } from 'vitest';
import { routeOf } from '../../src/accept/unknown-routes.ts';

test('a route is named by its words', () => {
  expect(routeOf('POST', '/v1/analytics/logs')).toBe('POST /v1/analytics/logs');
  expect(routeOf('GET', '/v3/mg.example.com/stats/total')).toBe('GET /v3/:/stats/total');
});

test('no address, id or domain of a path is in the name of its route', () => {
  const told = fc.oneof(
    fc.emailAddress(),
    fc.emailAddress().map(encodeURIComponent),
    fc.uuid(),
    fc.domain(),
  );
  fc.assert(
    fc.property(told, fc.array(fc.constantFrom('v3', 'lists', 'members')), (text, words) => {
      expect(routeOf('GET', `/${[...words, text].join('/')}`)).not.toContain(text);
    }),
  );
});
