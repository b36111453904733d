import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CommandSite, startCommandSite } from '../fixtures/command.ts';
import { picture } from '../fixtures/test-site.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const commands = [...readme.matchAll(/^ghost-cloudinary ([^#>\n]+)/gm)].map(([, line = '']) =>
  line.trim().split(/\s+/),
);

let site: CommandSite;
beforeAll(async () => {
  site = await startCommandSite();
  await site.place('content/images/2026/11/cat.png', await picture(1));
  const theme = { config: { image_sizes: { m: { width: 720 } } } };
  await site.place('content/themes/source/package.json', theme);
});
afterAll(() => site[Symbol.asyncDispose]());

test('the README shows every command', () => {
  const shown = new Set(commands.map(([name]) => name));
  expect(shown).toEqual(new Set(['doctor', 'usage', 'push', 'verify', 'pull', 'help', 'edge']));
});

test.each(commands)('the command of the README works: %s %s', async (...command) => {
  const { code, stdout, stderr } = await site.run(...command.filter((word) => word !== undefined));
  expect(stderr.replace(/^\[.*\n/gm, '')).toBe('');
  expect(code).toBe(0);
  if (command[0] === 'edge') expect(stdout).toContain('w720');
});
