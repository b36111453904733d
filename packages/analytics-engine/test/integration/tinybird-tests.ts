import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import type { TestEngine } from './test-engine.ts';

/** One case of a project's `tests/*.yaml`. */
export interface TinybirdTest {
  pipe: string;
  name: string;
  parameters?: string;
  expected_result: string;
  expected_http_status?: number;
}

/** The suite that a project ships, as `tb test run` reads it. */
export function tinybirdTests(project: string): TinybirdTest[] {
  return readdirSync(join(project, 'tests'))
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => {
      const cases = parse(readFileSync(join(project, 'tests', file), 'utf8')) as TinybirdTest[];
      return cases.map((one) => ({ ...one, pipe: basename(file, '.yaml') }));
    });
}

/** Sends the project's fixtures; their times are in 2100, so that `now() - interval` takes all of them in. */
export async function sendFixtures(engine: TestEngine, project: string): Promise<void> {
  for (const file of readdirSync(join(project, 'fixtures'))) {
    if (!file.endsWith('.ndjson')) continue;
    const rows = readFileSync(join(project, 'fixtures', file), 'utf8');
    if (rows.trim() === '') continue;
    const answer = await engine.send(basename(file, '.ndjson'), rows);
    const { quarantined_rows } = (await answer.json()) as { quarantined_rows?: number };
    if (quarantined_rows !== 0) throw new Error(`${file} was answered ${answer.status}.`);
  }
}

/** What the engine answers differently from what is expected, two cases at a time. */
export async function differences(
  engine: TestEngine,
  tests: readonly TinybirdTest[],
): Promise<string[]> {
  const found: string[] = [];
  const waiting = tests.values();
  const work = async (): Promise<void> => {
    for (const one of waiting)
      found.push(...[await difference(engine, one)].filter((text) => text !== undefined));
  };
  await Promise.all([work(), work()]);
  return found;
}

/** What the engine answers to a case where it differs from what is expected; undefined when it passes. */
async function difference(
  engine: TestEngine,
  { pipe, name, parameters = '', expected_result, expected_http_status }: TinybirdTest,
): Promise<string | undefined> {
  const answer = await engine.ask(pipe, parameters);
  const body = (await answer.json()) as { data?: unknown[]; error?: string };
  const about = `${pipe}, ${name}: `;
  if (answer.status !== (expected_http_status ?? 200)) {
    return `${about}${answer.status} ${body.error}`;
  }
  if (answer.status !== 200) return undefined;
  const lines = expected_result.split('\n').filter((line) => line.trim() !== '');
  const expected = lines.map((line) => JSON.parse(line));
  if (isDeepStrictEqual(body.data, expected)) return undefined;
  return `${about}${JSON.stringify(body.data)} in place of ${JSON.stringify(expected)}`;
}
