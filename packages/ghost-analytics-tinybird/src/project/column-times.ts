import columns from './ghost-columns.json' with { type: 'json' };

/** The times that a column can hold, in milliseconds since 1970. */
export interface ColumnTimes {
  first: number;
  last: number;
}

/**
 * ClickHouse's types (https://clickhouse.com/docs/sql-reference/data-types/datetime64): a `DateTime` is a UInt32 of
 * seconds.
 */
const TIMES_OF: Record<string, ColumnTimes> = {
  DateTime: { first: 0, last: (2 ** 32 - 1) * 1_000 },
  'DateTime64(3)': { first: Date.UTC(1900, 0, 1), last: Date.UTC(2299, 11, 31, 23, 59, 59) },
};

/**
 * The times that a column of Ghost's Tinybird project can hold.
 *
 * @throws TypeError for a column that holds none
 */
export function timesOf<Datasource extends keyof typeof columns>(
  datasource: Datasource,
  column: keyof (typeof columns)[Datasource] & string,
): ColumnTimes {
  const type = String(columns[datasource][column]);
  const times = TIMES_OF[type];
  if (!times) throw new TypeError(`${datasource}.${column} is a ${type}, which holds no time`);
  return times;
}
