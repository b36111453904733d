import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

/** Starts the bootstrap of a clone that has nothing installed, on a machine that we only pretend to have. */
function bootstrapOn(platform: string, node: string) {
  const clone = mkdtempSync(path.join(tmpdir(), 'clone-'));
  const script = path.join(clone, 'scripts/bootstrap.mjs');
  cpSync(path.resolve(import.meta.dirname, '../bootstrap.mjs'), script);
  const pretend = `for (const [name, value] of Object.entries({
    platform: '${platform}', version: 'v${node}', versions: { node: '${node}' } }))
    Object.defineProperty(process, name, { value });`;
  const words = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, script];
  return spawnSync(process.execPath, words, { encoding: 'utf8' });
}

test('a Mac with Node 20 is told so before anything is downloaded', () => {
  const { status, stdout, stderr } = bootstrapOn('darwin', '20.20.2');
  expect(stderr).toContain('Prosora needs Node 24 or newer and this is v20.20.2.');
  expect(stdout).toBe('');
  expect(status).toBe(1);
});

test('Linux with Node 20 goes on to install, which brings Node 24', () => {
  expect(bootstrapOn('linux', '20.20.2').stderr).toContain('package-lock.json');
});
