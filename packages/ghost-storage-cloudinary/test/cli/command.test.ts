import { runCommand } from '@prosora/service';
import { expect, test } from 'vitest';
import { createCommand } from '../../src/cli/command.ts';

async function run(words: string[], node = process.versions.node) {
  let printed = '';
  const output = { write: (text: string) => (printed += text) };
  const terminal = {
    ...{ cwd: () => '/nowhere', env: {}, versions: { node } },
    ...{ stdout: output, stderr: output },
  };
  const code = await runCommand(createCommand(terminal), words, terminal);
  return { code, printed };
}

test('the command runs on the Node that Ghost runs on, and says so on an older one', async () => {
  for (const node of ['22.23.3', '24.21.0', process.versions.node]) {
    expect((await run(['doctor'], node)).printed).toContain('config: the environment has no block');
  }
  expect(await run(['doctor'], '20.19.0')).toEqual({
    code: 1,
    printed: 'ghost-cloudinary needs Node 22; this is Node 20.19.0.\n',
  });
});

test('help lists the verbs, the variables and the exit codes', async () => {
  const { code, printed } = await run(['help']);
  expect(code).toBe(0);
  expect(printed).toMatch(/^ {2}edge <caddy\|nginx\|worker> +Prints/m);
  expect(printed).toMatch(/^ {2}CLOUDINARY_API_SECRET \(from CLOUDINARY_URL\)$/m);
  expect(printed).toContain('130 when interrupted');
});

test('the help of a verb lists its own flags', async () => {
  const { printed } = await run(['verify', '--help']);
  expect(printed).toMatch(/^ {2}--delivered +Also ask the CDN/m);
  expect(printed).not.toContain('--journal');
});
