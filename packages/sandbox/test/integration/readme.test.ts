import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { sandboxOptions } from '../../src/options.ts';

const packageDir = new URL('../..', import.meta.url).pathname;
const readme = await readFile(join(packageDir, 'README.md'), 'utf8');

test('the first example of the README runs and prints what it says', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'prosora-sandbox-'));
  const [code = ''] = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, block]) => block);
  const here = code.replace("'./sandbox-data'", JSON.stringify(dataDir));
  expect(here).not.toBe(code);
  const args = ['--conditions=@prosora/source', '--input-type=module', '--eval', here];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: packageDir });
  expect(stdout.trim()).toBe(/console\.log\(.*\/\/ (.*)/.exec(code)?.[1]);
  await rm(dataDir, { recursive: true });
});

test('the README names every option of the command', () => {
  for (const { env } of Object.values(sandboxOptions)) expect(readme).toContain(`\`${env}\``);
});
