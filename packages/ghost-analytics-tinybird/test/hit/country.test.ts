import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCountryOf } from '../../src/hit/country.ts';
import { countryDatabase } from '../fixtures/country-database.ts';

const clues = {
  headers: {},
  areHeadersTrusted: () => true,
  address: '203.0.113.7',
  location: null,
  timezone: undefined,
};

test.each([
  ['Europe/Berlin', 'DE'],
  ['America/New_York', 'US'],
  ['Asia/Calcutta', 'IN'],
  ['Etc/UTC', null],
  ['No/Where', null],
])('the time zone %s tells %s', (timezone, country) => {
  expect(createCountryOf({})({ ...clues, timezone })).toBe(country);
});

test('what Ghost’s script said goes before the zone, and nothing is null', () => {
  const countryOf = createCountryOf({});
  expect(countryOf({ ...clues, location: 'AT', timezone: 'Europe/Berlin' })).toBe('AT');
  expect(countryOf(clues)).toBeNull();
});

test.each([
  ['jp', true, 'JP'],
  ['JP', false, 'AT'],
  ['XX', true, 'AT'],
  ['T1', true, 'AT'],
  ['Japan', true, 'AT'],
])('a header that says %s, trusted: %s, gives %s', (said, isTrusted, country) => {
  const countryOf = createCountryOf({ header: 'cf-ipcountry' });
  const headers = { 'cf-ipcountry': said };
  expect(countryOf({ ...clues, headers, areHeadersTrusted: () => isTrusted, location: 'AT' })).toBe(
    country,
  );
});

test('a database goes before what the page said, and knows what it knows', () => {
  const databaseFile = join(mkdtempSync(join(tmpdir(), 'prosora-countries-')), 'countries.mmdb');
  writeFileSync(databaseFile, countryDatabase({ network: '203.0.113.0', bits: 24, country: 'CH' }));
  const countryOf = createCountryOf({ databaseFile });
  expect(countryOf({ ...clues, location: 'AT' })).toBe('CH');
  expect(countryOf({ ...clues, address: '198.51.100.1', location: 'AT' })).toBe('AT');
});

test('a file that is none is refused at the start, with the option to look at', () => {
  expect(() => createCountryOf({ databaseFile: '/nowhere.mmdb' })).toThrow(
    expect.objectContaining({
      code: 'COUNTRY_DATABASE_UNREADABLE',
      help: expect.stringContaining('PROSORA_COLLECTOR_COUNTRY_DATABASE'),
    }),
  );
});
