import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readKept, type Wanted } from '../../src/logs/read-kept.ts';

/** Runs here, until the test ends, what a container would with the folder of kept lines; `read` has what it opened. */
function runWith(folder: string): void {
  const docker = `#!/bin/sh
script=$(printf %s "$9" | sed 's#/logs#${folder}#')
shift 9
exec sh -c "cat() { echo \\$1 >>read; command cat \\$1; }
$script" "$@"
`;
  writeFileSync(join(folder, 'docker'), docker, { mode: 0o755 });
  vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
}

async function linesOf(folder: string, wanted: Wanted): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readKept(folder, wanted)) lines.push(line);
  return lines;
}

test('of kept lines only the files of the days that are asked for are read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-kept-'));
  runWith(folder);
  mkdirSync(join(folder, 'mail'));
  const days = ['2026-11-27', '2026-11-28', '2026-11-29', '2026-11-30'];
  for (const day of days) {
    writeFileSync(join(folder, `mail/${day}.1.log`), `${day}T12:00:00.000000000Z of ${day}\n`);
  }
  const [since, until] = [new Date('2026-11-28T00:00Z'), new Date('2026-11-29T13:00Z')];
  const within = await linesOf(folder, { services: [], since, until });
  expect(within.map((line) => line.split(' of ')[1])).toEqual(['2026-11-28', '2026-11-29']);
  const opened = () => readFileSync(join(folder, 'read'), 'utf8').trim().split('\n');
  expect(opened()).toEqual(['mail/2026-11-28.1.log', 'mail/2026-11-29.1.log']);
  await linesOf(folder, { services: ['mail'], since, until: undefined });
  expect(opened().slice(2)).toEqual(days.slice(1).map((day) => `mail/${day}.1.log`));
});
