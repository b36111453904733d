import {
  type Cell,
  type Html,
  html,
  momentOf,
  notice,
  type Problem,
  type Table,
  table,
} from '@prosora/service/look';
import { at, type Query } from './address.ts';
import { type Field, filterForm } from './form.ts';

/** A page of a list, and where the next one begins. */
interface Part<Item> {
  items: readonly Item[];
  next: string | null;
}

/** A list of which a part answers a page at a time, and the fields that narrow it down. */
export interface List<Item> extends Pick<Table, 'caption' | 'columns' | 'none'> {
  /** Of its page beneath the console. */
  path: string;
  query: Query;
  /** Each has the value that the address has of its name. */
  fields?: readonly Field[];
  /** Names of fields that are kept and not shown. */
  fixed?: readonly string[];
  answer: { value?: Part<Item> | undefined; problem?: Problem | undefined };
  row(item: Item): readonly Cell[];
  /** The field of the address that says where a page begins. (Default: `after`) */
  key?: string;
}

/** From when to when. */
export const TIMES = [
  { name: 'since', label: 'Since', type: 'datetime-local' },
  { name: 'until', label: 'Until', type: 'datetime-local' },
] as const satisfies readonly Field[];

/** What an address says as the services take it: its times are those of the site. */
export function asked(query: Query, zone: string): Query {
  const given = TIMES.map(({ name }) => [name, momentOf(query[name], zone) ?? ''] as const);
  return { ...query, ...Object.fromEntries(given) };
}

/** The fields, and beneath them a page of the list or why it cannot be shown. */
export function list<Item>({ path, query, answer, row, key = 'after', ...rest }: List<Item>): Html {
  const { fields = [], fixed = [], ...told } = rest;
  const filled = fields.map((field) => ({ ...field, value: query[field.name] || field.value }));
  const kept = Object.fromEntries(fixed.map((name) => [name, query[name] ?? '']));
  const form = fields.length === 0 ? '' : filterForm(path, filled, kept);
  const { items = [], next = null } = answer.value ?? {};
  const shown = answer.problem
    ? notice(answer.problem)
    : table({ ...told, rows: items.map(row), next: next && at(path, { ...query, [key]: next }) });
  return html`${form}${shown}`;
}
