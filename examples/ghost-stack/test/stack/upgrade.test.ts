import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { askEdge } from './edge.ts';
import { compose } from './stack.ts';

const { dir } = inject('stack');
const caddyfile = path.join(dir, 'examples/ghost-stack/caddy/Caddyfile');
const program = path.join(dir, 'examples/ghost-stack/ghost/start.sh');

/** As git does it: a new file in the old one's place. */
async function replace(file: string, text: string): Promise<void> {
  await rm(file);
  await writeFile(file, text);
}

const before = {
  caddyfile: await readFile(caddyfile, 'utf8'),
  program: await readFile(program, 'utf8'),
};
afterAll(async () => {
  await replace(caddyfile, before.caddyfile);
  await replace(program, before.program);
  await compose(['up', '--detach', '--wait', '--force-recreate']);
});

test('the command of an upgrade starts what the new version mounts and builds', async () => {
  await replace(
    caddyfile,
    before.caddyfile.replace('import answers\n', 'import answers\n\theader Prosora-Version next\n'),
  );
  await replace(program, before.program.replace('\n', '\necho the next version\n'));
  await compose(['up', '--detach', '--wait', '--build', '--force-recreate']);
  const { status, headers } = await askEdge('/');
  expect({ status, version: headers['prosora-version'] }).toEqual({ status: 200, version: 'next' });
  expect(await compose(['logs', 'ghost'])).toContain('the next version');
});
