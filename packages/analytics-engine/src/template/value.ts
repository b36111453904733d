/** A parameter that the request does not give. */
export interface Missing {
  kind: 'missing';
  name: string;
}

/** A value that is already SQL, beside the plain value it stands for in conditions and arithmetic. */
export interface Sql {
  kind: 'sql';
  text: string;
  value: string | number | boolean | null;
}

/** What an expression of a template can be. */
export type Value = string | number | boolean | null | readonly Value[] | Missing | Sql;

/** The parameters of a request by name; a list when a key came more than once. */
export type Parameters = Readonly<Record<string, string | readonly string[]>>;

/** Whether a value is the parameter that was not given. */
export function isMissing(value: Value | undefined): value is Missing {
  return isTagged(value) && value.kind === 'missing';
}

/** Whether a value is SQL already. */
export function isSql(value: Value | undefined): value is Sql {
  return isTagged(value) && value.kind === 'sql';
}

function isTagged(value: Value | undefined): value is Missing | Sql {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

/** The value as conditions and arithmetic see it: without its SQL, and null for what is missing. */
export function plain(value: Value): string | number | boolean | null | readonly Value[] {
  if (isMissing(value)) return null;
  return isSql(value) ? value.value : value;
}
