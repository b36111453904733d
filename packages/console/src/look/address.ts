/** Where the console is: beside Ghost Admin, whose cookie has the path `/ghost`. */
export const BASE = '/ghost/prosora';

/** The fields of an address. */
export type Query = Readonly<Record<string, string>>;

/**
 * The address of a page of the console, such as `at('/mail', { state: 'dead' })`. What is undefined or empty is left
 * out. Nothing personal stands in an address: browsers and logs keep it.
 */
export function at(path: string, query: Record<string, string | null | undefined> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
  const search = new URLSearchParams(given).toString();
  return BASE + path + (search === '' ? '' : `?${search}`);
}
