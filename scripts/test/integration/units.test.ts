import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { lacks } from '@prosora/service/programs';
import { describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../..');
/** Of 100, as `systemd-analyze security` counts; below 50 it says OK. */
const EXPOSURE = 35;

const units = globSync('packages/*/systemd/*.service', { cwd: ROOT });

describe.skipIf(lacks('systemd'))('systemd’s units (needs systemd)', () => {
  test.each(units)('%s leaves its service little of the machine', (unit) => {
    const words = ['security', '--offline=true', `--threshold=${EXPOSURE}`, path.join(ROOT, unit)];
    const printed = execFileSync('systemd-analyze', words, { encoding: 'utf8' });
    expect(printed).toContain('OK');
  });
});

test.each(units)('%s starts a command of its package, with its folder of data', (unit) => {
  const text = readFileSync(path.join(ROOT, unit), 'utf8');
  const manifest = path.join(ROOT, path.dirname(unit), '../package.json');
  const { bin, files } = JSON.parse(readFileSync(manifest, 'utf8'));
  const [, name = ''] =
    /^ExecStart=\/opt\/prosora\/node_modules\/.bin\/(\S+) serve$/m.exec(text) ?? [];
  expect(Object.keys(bin)).toEqual([name]);
  expect(path.basename(unit)).toBe(`${name}.service`);
  expect(files).toContain('systemd');
  const [, folder] = /^StateDirectory=(\S+)$/m.exec(text) ?? [];
  expect(text).toMatch(new RegExp(`^Environment=PROSORA_\\w+_DATA_DIR=/var/lib/${folder}$`, 'm'));
});
