import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findProgram, lacks, PROGRAMS, pathOf } from '../../src/testing/programs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'programs-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const program = { commands: ['first-name', 'other-name'], env: 'THE_PROGRAM', debian: [] };

function put(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
}

test('a program is found on the PATH, by its first name first, and by the variable before all', () => {
  vi.stubEnv('PATH', folder);
  expect(pathOf(program)).toBeUndefined();
  const other = put('other-name');
  expect(pathOf(program)).toBe(other);
  const first = put('first-name');
  expect(pathOf(program)).toBe(first);
  const named = put('elsewhere');
  vi.stubEnv('THE_PROGRAM', named);
  expect(pathOf(program)).toBe(named);
});

test('in CI no test is skipped for want of a program', () => {
  vi.stubEnv('CI', 'true');
  for (const name of Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[]) {
    expect(lacks(name)).toBe(false);
  }
  vi.stubEnv('CI', undefined);
  for (const name of Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[]) {
    expect(lacks(name)).toBe(findProgram(name) === undefined);
  }
});
