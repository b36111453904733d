import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { getCountryForTimezone } from 'countries-and-timezones';
import { type CountryResponse, Reader } from 'mmdb-lib';
import { CollectorError } from '../errors.ts';
import { remember } from './remember.ts';

/** Where a country may be known from, the best first. */
export interface CountryOptions {
  /** A request header that the network in front sets, such as `cf-ipcountry`; lower-case. */
  header?: string | undefined;
  /** A database of countries by address in MaxMind's format. */
  databaseFile?: string | undefined;
}

/** What tells of a reader's country. */
export interface CountryClues {
  headers: IncomingHttpHeaders;
  /** Whether the headers come from a proxy that is trusted. */
  areHeadersTrusted: () => boolean;
  address: string;
  /** What the page said: Ghost's script has looked the time zone up itself. */
  location: string | null;
  timezone: string | undefined;
}

/** Countries as ISO 3166-1 alpha-2; Cloudflare's XX is an unknown one and T1 is Tor. */
const CODE = /^(?!XX)[A-Z]{2}$/;

const countryOfZone = remember((zone) => getCountryForTimezone(zone)?.id ?? null);

/**
 * Creates the function that finds a reader's country, `null` when nothing tells. The table of time
 * zones is the one that Ghost's script carries.
 *
 * @throws CollectorError `COUNTRY_DATABASE_UNREADABLE`
 */
export function createCountryOf(options: CountryOptions): (clues: CountryClues) => string | null {
  const database = options.databaseFile ? openDatabase(options.databaseFile) : undefined;

  return ({ headers, areHeadersTrusted, address, location, timezone }) => {
    const said = options.header && headers[options.header];
    const byNetwork = said && areHeadersTrusted() ? String(said).toUpperCase() : '';
    if (CODE.test(byNetwork)) return byNetwork;
    return (
      database?.get(address)?.country?.iso_code ??
      location ??
      (timezone ? countryOfZone(timezone) : null)
    );
  };
}

function openDatabase(file: string): Reader<CountryResponse> {
  try {
    return new Reader<CountryResponse>(readFileSync(file));
  } catch (cause) {
    throw new CollectorError('COUNTRY_DATABASE_UNREADABLE', `${file} cannot be read.`, {
      help: 'Set PROSORA_COLLECTOR_COUNTRY_DATABASE to a file of countries in the format .mmdb.',
      cause,
    });
  }
}
