import { describe, expect, test } from 'vitest';
import { parseDatasource } from '../../src/datafiles/datasource.ts';
import { parsePipe } from '../../src/datafiles/pipe.ts';
import type { Project } from '../../src/datafiles/project.ts';
import { pipeSql } from '../../src/sql/pipe-sql.ts';
import { prependTableExpressions, renameTables } from '../../src/sql/sql-references.ts';

function project(pipes: Record<string, string>): Project {
  return {
    datasources: new Map([['hits', parseDatasource('SCHEMA >\n  a String', 'hits')]]),
    pipes: new Map(Object.entries(pipes).map(([name, text]) => [name, parsePipe(text, name)])),
  };
}

function sqlOf(pipes: Record<string, string>, name: string, parameters = {}): string {
  const all = project(pipes);
  const pipe = all.pipes.get(name);
  if (!pipe) throw new Error(`no pipe ${name}`);
  return pipeSql(all, pipe, parameters).replaceAll(/\s+/g, ' ').trim();
}

describe('tables of a query', () => {
  const rename = (sql: string): string =>
    renameTables(sql, (name) => (name === 'data' ? 'p__data' : undefined));

  test.each([
    ['SELECT * FROM data', 'SELECT * FROM p__data AS data'],
    ['SELECT * FROM data d', 'SELECT * FROM p__data d'],
    ['SELECT * FROM data AS d', 'SELECT * FROM p__data AS d'],
    ['SELECT data FROM data WHERE data.x = 1', 'SELECT data FROM p__data AS data WHERE data.x = 1'],
    [
      'SELECT 1 from a left join data on a.x = data.x',
      'SELECT 1 from a left join p__data AS data on a.x = data.x',
    ],
    ['SELECT * FROM"data"', 'SELECT * FROM p__data AS data'],
    ['SELECT * FROM `data`', 'SELECT * FROM p__data AS data'],
    ['SELECT * FROM data.x', 'SELECT * FROM data.x'],
    ['SELECT * FROM data(1)', 'SELECT * FROM data(1)'],
    ["SELECT 'FROM data' -- FROM data", "SELECT 'FROM data' -- FROM data"],
    ["SELECT 'it\\'s FROM data', 1", "SELECT 'it\\'s FROM data', 1"],
    ['SELECT 1 /* FROM data */', 'SELECT 1 /* FROM data */'],
    ['SELECT * FROM -- of data\n (SELECT 1)', 'SELECT * FROM -- of data\n (SELECT 1)'],
    [
      'SELECT 1 FROM /* a */ (SELECT 1) /* b */ data',
      'SELECT 1 FROM /* a */ (SELECT 1) /* b */ data',
    ],
    ['SELECT * FROM /* the */ data -- as d\n', 'SELECT * FROM /* the */ p__data AS data -- as d\n'],
    ['SELECT * FROM data -- its\n AS d', 'SELECT * FROM p__data -- its\n AS d'],
    [
      'SELECT * FROM data UNION ALL SELECT * FROM data',
      'SELECT * FROM p__data AS data UNION ALL SELECT * FROM p__data AS data',
    ],
  ])('%s becomes %s', (sql, expected) => {
    expect(rename(sql)).toBe(expected);
  });

  test('expressions join the list of a query that has one', () => {
    expect(prependTableExpressions('-- why\nwith 1 AS one SELECT one', ['a AS (SELECT 2)'])).toBe(
      '-- why\nWITH a AS (SELECT 2), 1 AS one SELECT one',
    );
  });
});

describe('the query of a pipe', () => {
  test('carries the nodes it reads and no others', () => {
    const pipe = `NODE a\nSQL >\n  SELECT * FROM hits\nNODE unused\nSQL >\n  %\n  {{ String(x) }}\nNODE end\nSQL >\n  SELECT * FROM a\nTYPE ENDPOINT`;
    expect(sqlOf({ p: pipe }, 'p')).toBe(
      'WITH p__a AS ( SELECT * FROM hits ) SELECT * FROM p__a AS a',
    );
  });

  test('reads another pipe through its output, each node once and before its reader', () => {
    const inner = 'NODE data\nSQL >\n  SELECT * FROM hits\nNODE data2\nSQL >\n  SELECT * FROM data';
    const outer =
      'NODE data\nSQL >\n  SELECT * FROM inner_pipe i JOIN inner_pipe j USING a\nTYPE ENDPOINT';
    expect(sqlOf({ inner_pipe: inner, outer }, 'outer')).toBe(
      'WITH inner_pipe__data AS ( SELECT * FROM hits ), inner_pipe__data2 AS ( SELECT * FROM inner_pipe__data AS data ) SELECT * FROM inner_pipe__data2 i JOIN inner_pipe__data2 j USING a',
    );
  });

  const router =
    'NODE r\nSQL >\n  %\n  {% if defined(q) %} SELECT * FROM strict {% else %} SELECT 1 {% end %}\nTYPE ENDPOINT';
  const strict = "NODE s\nSQL >\n  %\n  SELECT {{ String(site, 'x', required=True) }}";

  test('asks only for what the nodes it takes require', () => {
    expect(sqlOf({ router, strict }, 'router')).toBe('SELECT 1');
    expect(() => sqlOf({ router, strict }, 'router', { q: '1' })).toThrow(
      'Required parameter is not defined: site',
    );
  });

  test('is refused when nodes read each other', () => {
    const pipe =
      'NODE a\nSQL >\n  SELECT * FROM b\nNODE b\nSQL >\n  SELECT * FROM a\nTYPE ENDPOINT';
    expect(() => sqlOf({ p: pipe }, 'p')).toThrow('reads itself');
  });
});
