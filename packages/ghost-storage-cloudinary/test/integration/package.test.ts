import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packBuilt } from '../fixtures/packed-adapter.ts';

/** Every package is built before these tests. */
const DIST = join(import.meta.dirname, '../../dist');

const folder = mkdtempSync(join(tmpdir(), 'packed-'));
let adapter: string;
beforeAll(async () => {
  adapter = await packBuilt(DIST, folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a script where Node would load the adapter from. */
function evaluate(script: string, env: Record<string, string> = {}, flags: string[] = []): unknown {
  const output = execFileSync(process.execPath, [...flags, '--eval', script], {
    cwd: adapter,
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
  });
  return JSON.parse(output);
}

test('the adapter is one file of at most 350 kB with no dependency', () => {
  expect(readdirSync(join(adapter, 'dist')).sort()).toEqual([
    'THIRD-PARTY-NOTICES.txt',
    'cli.js',
    'index.cjs',
    'index.d.cts',
    'sbom.cdx.json',
  ]);
  expect(statSync(join(adapter, 'dist/index.cjs')).size).toBeLessThanOrEqual(350 * 1024);
  const manifest = JSON.parse(readFileSync(join(adapter, 'package.json'), 'utf8'));
  expect(manifest.dependencies ?? {}).toEqual({});
  expect(manifest.peerDependencies ?? {}).toEqual({});
});

test('it asks for nothing but modules of Node', () => {
  const script = `
    const { Module } = require('node:module');
    const asked = new Set();
    const load = Module._load;
    Module._load = (name, ...rest) => { asked.add(name); return load(name, ...rest); };
    require('./dist/index.cjs');
    const foreign = [...asked].filter((name) => name !== './dist/index.cjs' && !Module.isBuiltin(name));
    console.log(JSON.stringify(foreign));`;
  expect(evaluate(script)).toEqual([]);
});

test('require gives the class, a direct child of a class named StorageBase', () => {
  const script = `
    const Adapter = require('@prosora/ghost-storage-cloudinary');
    const methods = ['exists', 'save', 'serve', 'delete', 'read', 'saveRaw', 'urlToPath'];
    console.log(JSON.stringify({
      type: typeof Adapter,
      parent: Object.getPrototypeOf(Adapter).name,
      missing: methods.filter((name) => !Object.hasOwn(Adapter.prototype, name)),
      validate: typeof Adapter.validate,
    }));`;
  expect(evaluate(script)).toEqual({
    type: 'function',
    parent: 'StorageBase',
    missing: [],
    validate: 'function',
  });
});

test('a malformed CLOUDINARY_URL is a problem of the configuration, not of loading', () => {
  const script = `
    const Adapter = require('./dist/index.cjs');
    try { Adapter.validate({}); } catch ({ code, constructor }) {
      console.log(JSON.stringify([code, Object.getPrototypeOf(constructor).name]));
    }`;
  expect(evaluate(script, { CLOUDINARY_URL: 'garbage' })).toEqual([
    'STORAGE_CONFIG_INVALID',
    'GhostError',
  ]);
});

test('what the environment says to the SDK has no say in our URLs', () => {
  const script = `
    const Adapter = require('./dist/index.cjs');
    const adapter = new Adapter({ cloudName: 'ours', apiKey: 'k', apiSecret: 's', contentPath: '/none' });
    const response = { removeHeader() {}, writeHead: (status, headers) => {
      console.log(JSON.stringify(headers.Location));
      return { end() {} };
    } };
    adapter.serve()({ method: 'GET', path: '/x.jpg' }, response, console.error);`;
  const env = {
    CLOUDINARY_URL: 'cloudinary://a:b@theirs?cname=evil.example&sign_url=true&shorten=true',
  };
  expect(evaluate(script, env)).toBe(
    'https://res.cloudinary.com/ours/image/upload/v1/ghost/images/x_jpg.jpg',
  );
});

test('the command is another file that asks for nothing either', () => {
  const help = execFileSync(process.execPath, ['dist/cli.js', 'help'], {
    cwd: adapter,
    encoding: 'utf8',
  });
  expect(help).toMatch(/^Usage: ghost-cloudinary \[verb\]/);
  const manifest = JSON.parse(readFileSync(join(adapter, 'package.json'), 'utf8'));
  expect(manifest.bin).toEqual({ 'ghost-cloudinary': './dist/cli.js' });
});

test('it loads without a warning', () => {
  const script = `
    const warnings = [];
    process.on('warning', ({ message }) => warnings.push(message));
    require('./dist/index.cjs');
    require('node:fs').openAsBlob('package.json').then((blob) => blob.text());
    setImmediate(() => console.log(JSON.stringify(warnings)));`;
  expect(evaluate(script, {}, ['--throw-deprecation'])).toEqual([]);
});
