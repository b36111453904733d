import { badge, type Html } from '@prosora/service/look';

/** The status of an answer with its colour; `none` where no whole one came. */
export function statusBadge(status: number | null, none: string): Html {
  if (status === null) return badge(none, 'bad');
  const tone = status >= 500 ? 'bad' : status >= 400 ? 'warn' : 'good';
  return badge(String(status), tone);
}

/** When something was asked, in UTC and to the millisecond, by which its order is seen: `14:03:20.123`. */
export function timeOfDay(iso: string): string {
  return iso.slice(11, 23);
}
