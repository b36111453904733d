import { OptionsError, readOptions } from '@prosora/service/options';
import { expect, test } from 'vitest';
import { collectorOptions } from '../src/options.ts';
import { SITE } from './fixtures/hits.ts';

const REQUIRED = { TINYBIRD_HOST: 'https://api.tinybird.co/', TINYBIRD_TRACKER_TOKEN: 'p.token' };

test('host and token are enough; a slash at the end of the host does no harm', () => {
  expect(readOptions(collectorOptions, REQUIRED)).toMatchObject({
    upstreamUrl: 'https://api.tinybird.co',
    datasource: 'analytics_events',
    trustedProxies: ['loopback', 'uniquelocal'],
    sites: undefined,
  });
});

test('every problem is told at once', () => {
  const env = {
    TINYBIRD_HOST: 'file:///etc',
    PROSORA_COLLECTOR_SITES: `${SITE},me`,
    PROSORA_COLLECTOR_TRUSTED_PROXIES: '10.0.0.0/33',
    PROSORA_COLLECTOR_TIMEZONE: 'Mars',
  };
  expect.assertions(2);
  try {
    readOptions(collectorOptions, env);
  } catch (error) {
    expect(error).toBeInstanceOf(OptionsError);
    expect((error as OptionsError).problems.map((line) => line.split(/[ :]/)[0])).toEqual([
      'TINYBIRD_HOST',
      'TINYBIRD_TRACKER_TOKEN',
      'PROSORA_COLLECTOR_SITES',
      'PROSORA_COLLECTOR_TRUSTED_PROXIES',
      'PROSORA_COLLECTOR_TIMEZONE',
    ]);
  }
});

test.each([
  ['127.0.0.1', true],
  ['10.0.0.0/8', true],
  ['fd00::/8', true],
  ['linklocal', true],
  ['10.0.0.0/33', false],
  ['10.0.0.0/', false],
  ['caddy', false],
  ['', true], // unset
  ['loopback,', false],
])('%j as trusted proxies: %s', (text, isTaken) => {
  const read = () =>
    readOptions(collectorOptions, { ...REQUIRED, PROSORA_COLLECTOR_TRUSTED_PROXIES: text });
  if (isTaken) expect(read).not.toThrow();
  else expect(read).toThrow(OptionsError);
});
