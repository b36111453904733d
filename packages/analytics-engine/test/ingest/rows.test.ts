import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Column } from '../../src/datafiles/datasource.ts';
import { columnConverter } from '../../src/ingest/column-converter.ts';
import { readRows } from '../../src/ingest/rows.ts';

const COLUMNS: Column[] = [
  { name: 'timestamp', type: 'DateTime', jsonPath: ['timestamp'] },
  { name: 'payload', type: 'String', jsonPath: ['payload'] },
  { name: 'site', type: 'LowCardinality(String)', jsonPath: ['payload', 'site_uuid'] },
  { name: 'note', type: 'Nullable(String)', jsonPath: ['note'] },
  { name: 'inserted_at', type: 'DateTime64(3)', jsonPath: ['inserted_at'], defaultSql: 'now64()' },
  { name: 'derived', type: 'String' },
];

const good = { timestamp: '2100-01-01 00:00:00', payload: { site_uuid: 's', n: 1 } };
const read = (...lines: unknown[]) =>
  readRows(
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
    COLUMNS,
  );

describe('rows', () => {
  test('take each column from its path, an object as its JSON', () => {
    const { columns, rows, accepted } = read(good);
    expect(columns).toEqual(['timestamp', 'payload', 'site', 'note', 'inserted_at']);
    expect(accepted).toBe(1);
    expect(JSON.parse(rows.toString())).toEqual({
      timestamp: '2100-01-01 00:00:00',
      payload: '{"site_uuid":"s","n":1}',
      site: 's',
    });
  });

  test('that do not fit are set aside with the reason, and the others kept', () => {
    const { accepted, quarantined } = read(
      good,
      'not json',
      [1],
      { payload: { site_uuid: 's' } },
      { ...good, timestamp: 'yesterday' },
      { ...good, payload: {} },
      '',
      good,
    );
    expect(accepted).toBe(2);
    expect(quarantined.map(({ column, reason }) => [column, reason])).toEqual([
      ['', 'not JSON'],
      ['', 'not a JSON object'],
      ['timestamp', 'missing'],
      ['timestamp', 'not a DateTime'],
      ['site', 'missing'],
    ]);
  });

  test('with half a surrogate pair get the replacement character', () => {
    const { rows } = read('{"timestamp":"2100-01-01 00:00:00","payload":{"site_uuid":"\\ud800"}}');
    expect(JSON.parse(rows.toString()).site).toBe('\ufffd');
  });

  test('are never lost: each line is either accepted or quarantined', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.json(), fc.string(), fc.constant(JSON.stringify(good)))),
        (parts) => {
          const lines = parts.map((part) => part.replaceAll('\n', ' '));
          const { accepted, quarantined } = read(...lines);
          const filled = lines.filter((line) => line.trim() !== '');
          expect(accepted + quarantined.length).toBe(filled.length);
        },
      ),
    );
  });
});

describe('a value', () => {
  test.each<[string, unknown, unknown]>([
    ['String', { a: 1 }, '{"a":1}'],
    ['String', 5, '5'],
    ['LowCardinality(Nullable(String))', 'x', 'x'],
    ['Int32', 5, '5'],
    ['Int32', '-5', '-5'],
    ['UInt64', '18446744073709551615', '18446744073709551615'],
    ['Float64', '1.5', 1.5],
    ['Bool', 'true', true],
    ['UUID', 'bd05ceed-1df9-4af7-832a-d3b5faa7ca1d', 'bd05ceed-1df9-4af7-832a-d3b5faa7ca1d'],
    ['Date', '2100-01-02', '2100-01-02'],
    ['DateTime', '2026-01-02T03:04:05.678Z', '2026-01-02 03:04:05'],
    ['DateTime', '2026-01-02T03:04:05+02:00', '2026-01-02 01:04:05'],
    ['DateTime', 1_767_323_045, '2026-01-02 03:04:05'],
    ['DateTime64(3)', '2026-01-02 03:04:05.678', '2026-01-02 03:04:05.678'],
    ['Map(String, String)', { a: 'b' }, { a: 'b' }],
  ])('of %s: %j is taken as %j', (type, value, expected) => {
    expect(columnConverter(type)(value)).toEqual(expected);
  });

  test.each<[string, unknown]>([
    ['Int8', 128],
    ['UInt8', -1],
    ['Int32', 1.5],
    ['Int32', '12x'],
    ['UInt64', 2 ** 60],
    ['Float64', 'x'],
    ['Float64', true],
    ['Bool', 'maybe'],
    ['UUID', 'undefined'],
    ['Date', '1969-12-31'],
    ['DateTime', '2106-02-07 06:28:16'],
    ['DateTime', '2026-02-30 00:00:00'],
    ['DateTime', '2026-01-02 25:00:00'],
    ['DateTime', 1_767_323_045_000],
    ['DateTime', {}],
    ['DateTime64(3)', '2300-01-01 00:00:00'],
    ['DateTime64(9)', '2262-04-12 00:00:00'],
    ['Float32', 1e39],
  ])('of %s: %j is refused', (type, value) => {
    expect(columnConverter(type)(value)).toBeUndefined();
  });
});
