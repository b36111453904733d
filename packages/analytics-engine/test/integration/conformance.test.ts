import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ghostDatafiles, startTestEngine, type TestEngine } from './test-engine.ts';

// Ghost's own suite: tests/*.yaml over fixtures/*.ndjson, as `tb test run` reads them. Fixture times
// are in the year 2100, so that `now() - interval` takes all of them in.

interface Case {
  name: string;
  parameters: string;
  expected_result: string;
  expected_http_status?: number;
}

const CASES_OF_GHOST_6_65 = 318;

const folder = await ghostDatafiles();
const suites = readdirSync(join(folder, 'tests'))
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => ({
    pipe: basename(file, '.yaml'),
    cases: parse(readFileSync(join(folder, 'tests', file), 'utf8')) as Case[],
  }));

let engine: TestEngine;
let passed = 0;

beforeAll(async () => {
  engine = await startTestEngine();
  for (const file of readdirSync(join(folder, 'fixtures'))) {
    const rows = readFileSync(join(folder, 'fixtures', file), 'utf8');
    const answer = await engine.send(basename(file, '.ndjson'), rows);
    expect(await answer.json()).toEqual({
      successful_rows: rows.trim().split('\n').length,
      quarantined_rows: 0,
    });
  }
});

afterAll(async () => {
  await engine.close();
  console.log(`Ghost's own Tinybird tests: ${passed} of ${CASES_OF_GHOST_6_65} cases pass`);
});

test('Ghost 6.65 ships as many cases as are run here', () => {
  expect(suites.flatMap(({ cases }) => cases)).toHaveLength(CASES_OF_GHOST_6_65);
});

describe.each(suites)('$pipe', ({ pipe, cases }) => {
  test.each(cases)('$name', async ({ parameters, expected_result, expected_http_status }) => {
    const response = await engine.ask(pipe, parameters ?? '');
    const body = (await response.json()) as { data?: unknown[]; error?: string };
    expect(response.status, body.error).toBe(expected_http_status ?? 200);
    if (response.status === 200) {
      const lines = expected_result.split('\n').filter((line) => line.trim() !== '');
      expect(body.data).toEqual(lines.map((line) => JSON.parse(line)));
    }
    passed += 1;
  });
});
