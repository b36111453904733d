import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setup } from '../bring-programs.ts';
import { installPrograms } from '../programs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'programs-'));
  // A machine is not changed by its tests: this apt-get writes down what it is asked for, and "installs".
  executable('apt-get', `echo "$@" >> ${folder}/asked; : > ${folder}/no-such-server`);
  executable('sudo', '"$@"');
  vi.stubEnv('PATH', [folder, process.env['PATH']].join(delimiter));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function executable(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

const server = { commands: ['no-such-server'], debian: ['no-such-server', 'and-its-client'] };
const absent = { commands: ['never-there'], debian: [] };
const present = { commands: ['sh'], debian: ['dash'] };

test('what is missing is installed, and nothing else', () => {
  installPrograms({ server, present });
  expect(readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n')).toEqual([
    expect.stringMatching(/^update/),
    expect.stringMatching(/^install .*--no-install-recommends no-such-server and-its-client$/),
  ]);
});

test('what cannot be installed is an error with its name', () => {
  expect(() => installPrograms({ server, absent })).toThrow('are missing: absent. Install');
});

test.each([
  ['CI', 'true', true],
  ['PROSORA_PROGRAMS', 'install', true],
  ['PROSORA_PROGRAMS', '', false],
])('with %s=%s a run of tests asks for what is missing by itself: %s', (name, value, isAsked) => {
  vi.stubEnv('CI', undefined);
  vi.stubEnv('CHROMIUM_PATH', undefined);
  vi.stubEnv(name, value);
  symlinkSync('/usr/bin/env', join(folder, 'env'));
  // Nothing else is on this machine, so Chromium is missing, and stays so.
  vi.stubEnv('PATH', folder);
  if (isAsked) expect(setup).toThrow(/programs that are missing: \w/);
  else expect(setup).not.toThrow();
  expect(existsSync(join(folder, 'asked'))).toBe(isAsked);
});
