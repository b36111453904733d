import { describe, expect, test } from 'vitest';
import { parseDatasource } from '../../src/datafiles/datasource.ts';
import { parseDirectives } from '../../src/datafiles/directives.ts';
import { parsePipe } from '../../src/datafiles/pipe.ts';
import { splitTopLevel } from '../../src/datafiles/split-top-level.ts';

const EVENTS = `# A comment
TOKEN "tracker" APPEND
TOKEN stats READ

SCHEMA >
    \`timestamp\` DateTime \`json:$.timestamp\`,
    site LowCardinality(String) \`json:$.payload.site_uuid\`,
    \`tags\` Array(String) \`json:$.tags[:]\`,
    \`inserted_at\` DateTime64(3) DEFAULT now64() \`json:$.inserted_at\`,
    \`seen_at\` DateTime64(3) \`json:$.seen_at\` DEFAULT now64(),
    \`visits\` AggregateFunction(argMin, String, DateTime)

ENGINE "MergeTree"
ENGINE_PARTITION_KEY toYYYYMM(timestamp)
ENGINE_SORTING_KEY "site, timestamp"

FORWARD_QUERY >
    SELECT timestamp
`;

describe('a datasource', () => {
  const datasource = parseDatasource(EVENTS, 'events');

  test('has its columns with type, path and default, in either order', () => {
    expect(datasource.columns).toEqual([
      { name: 'timestamp', type: 'DateTime', jsonPath: ['timestamp'] },
      { name: 'site', type: 'LowCardinality(String)', jsonPath: ['payload', 'site_uuid'] },
      { name: 'tags', type: 'Array(String)', jsonPath: ['tags'] },
      {
        name: 'inserted_at',
        type: 'DateTime64(3)',
        jsonPath: ['inserted_at'],
        defaultSql: 'now64()',
      },
      { name: 'seen_at', type: 'DateTime64(3)', jsonPath: ['seen_at'], defaultSql: 'now64()' },
      { name: 'visits', type: 'AggregateFunction(argMin, String, DateTime)' },
    ]);
  });

  test('has its engine with quoted and bare values alike', () => {
    expect(datasource.engine).toEqual({
      name: 'MergeTree',
      options: { PARTITION_KEY: 'toYYYYMM(timestamp)', SORTING_KEY: 'site, timestamp' },
    });
  });

  test('grants what its TOKEN lines say', () => {
    expect(datasource.tokens).toEqual([
      { name: 'tracker', scope: 'APPEND' },
      { name: 'stats', scope: 'READ' },
    ]);
  });

  test('without a schema is refused', () => {
    expect(() => parseDatasource('ENGINE MergeTree', 'broken')).toThrow('broken.datasource has no');
  });
});

describe('a pipe', () => {
  test('keeps a block whose lines start at the margin', () => {
    const pipe = parsePipe('NODE only\nSQL >\n%\nSELECT 1\n\nTYPE ENDPOINT\n', 'p');
    expect(pipe).toMatchObject({ isEndpoint: true, output: { name: 'only' } });
    expect(pipe.output.template.parts).toEqual([{ kind: 'text', text: '\nSELECT 1' }]);
  });

  test('puts out its last node when none is marked', () => {
    const pipe = parsePipe('NODE a\nSQL >\n  SELECT 1\nNODE b\nSQL >\n  SELECT 2\n', 'p');
    expect(pipe).toMatchObject({ isEndpoint: false, output: { name: 'b' } });
    expect(pipe.target).toBeUndefined();
  });

  test('is materialized in any case of the word', () => {
    const pipe = parsePipe('NODE a\nSQL >\n  SELECT 1\nTYPE materialized\nDATASOURCE t\n', 'p');
    expect(pipe).toMatchObject({ isEndpoint: false, target: 't' });
  });

  test.each([
    ['without a node', 'DESCRIPTION nothing', 'has no NODE'],
    ['with a node without SQL', 'NODE a\nTYPE ENDPOINT', 'node a has no SQL'],
    [
      'materialized into nothing',
      'NODE a\nSQL >\n  SELECT 1\nTYPE materialized',
      'names no DATASOURCE',
    ],
    ['with a broken template', 'NODE a\nSQL >\n  %\n  {% if x %}', 'p.pipe, node a'],
  ])('%s is refused', (_, text, message) => {
    expect(() => parsePipe(text, 'p')).toThrow(message);
  });
});

test('a line that belongs to nothing is refused with its place', () => {
  expect(() => parseDirectives('\nwhat is this\n', 'f.pipe')).toThrow('f.pipe:2');
});

test('a list is split at its own commas only', () => {
  expect(splitTopLevel("a Tuple(x Int8, y Int8), `b,c` String, d DEFAULT 'e,f'")).toEqual([
    'a Tuple(x Int8, y Int8)',
    '`b,c` String',
    "d DEFAULT 'e,f'",
  ]);
});
