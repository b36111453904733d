import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../../..');

interface Manifest {
  name: string;
  private?: boolean;
  bin?: Record<string, string>;
  exports: Record<string, string | object>;
}

const packages = readdirSync(path.join(ROOT, 'packages')).flatMap((name) => {
  const folder = path.join(ROOT, 'packages', name);
  const manifest: Manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return manifest.private ? [] : [{ folder, manifest }];
});

describe.each(packages)('$manifest.name, packed and installed alone', ({ folder, manifest }) => {
  const home = mkdtempSync(path.join(tmpdir(), 'prosora-packed-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  beforeAll(async () => {
    const packed = await run('npm', ['pack', '--json', '--pack-destination', home], {
      cwd: folder,
    });
    const tarball = path.join(home, JSON.parse(packed.stdout)[0].filename);
    writeFileSync(path.join(home, 'package.json'), '{ "private": true }');
    const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['install', ...quietly, tarball], { cwd: home });
  });

  // A file for browsers, a plain path in `exports`, is for nobody to import.
  const entries = Object.entries(manifest.exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([entry]) => entry);

  test.each(entries)('%s loads with require and with import', async (entry) => {
    const name = path.posix.join(manifest.name, entry);
    const evaluate = async (kind: string, code: string) =>
      (await run(process.execPath, [`--input-type=${kind}`, '--eval', code], { cwd: home })).stdout;
    const names = `console.log(Object.keys(loaded).length, typeof loaded)`;
    const required = await evaluate('commonjs', `const loaded = require('${name}'); ${names}`);
    const imported = await evaluate('module', `import * as loaded from '${name}'; ${names}`);
    expect(required).toMatch(/^[1-9]\d* object|^\d+ function/);
    expect(imported).toMatch(/^[1-9]\d* object/);
  });

  test.each(Object.keys(manifest.bin ?? {}))('the command %s says how it is used', async (bin) => {
    const file = path.join(home, 'node_modules/.bin', bin);
    const { stdout } = await run(process.execPath, [file, '--help'], { cwd: home });
    expect(stdout).toContain(`Usage: ${bin}`);
  });

  test('holds no source, no test and no path of the machine that built it', async () => {
    const installed = path.join(home, 'node_modules', manifest.name);
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /^(src|test)\b/.test(file))).toEqual([]);
    for (const file of files.filter((name) => /\.([cm]?js|d\.[cm]?ts)$/.test(name))) {
      if (file.startsWith('node_modules')) continue;
      expect(readFileSync(path.join(installed, file), 'utf8').includes(ROOT), file).toBe(false);
    }
  });
});
