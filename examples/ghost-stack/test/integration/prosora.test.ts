import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const SCRIPT = path.join(import.meta.dirname, '../../../../prosora');

/** Notes what it is asked, builds an image with the id in `next-id`, and fails to where there is none. */
const DOCKER = `#!/bin/sh
cd -P "$(dirname "$0")"
echo "$*" >>asked
case "$*" in
  'image inspect'*) cat image-id ;;
  *' build '*) cp next-id image-id ;;
esac
`;

/** A clone with a Docker of its own; `run` says how the command was asked for, in the words that Docker got. */
function clone() {
  const dir = mkdtempSync(path.join(tmpdir(), 'prosora-clone-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = (name: string) => path.join(dir, name);
  const write = (name: string, text: string) => {
    mkdirSync(path.dirname(file(name)), { recursive: true });
    writeFileSync(file(name), text);
  };
  copyFileSync(SCRIPT, file('prosora'));
  write('.env.example', '# DOCKER_SOCKET=\n');
  write('Dockerfile', 'FROM scratch\n');
  write('packages/ghost-stack/src/cli.ts', '// first\n');
  write('programs/next-id', 'sha256:1\n');
  write('programs/docker', DOCKER);
  chmodSync(file('programs/docker'), 0o755);
  const env = { PATH: `${file('programs')}:${process.env['PATH']}`, DOCKER_SOCKET: dir };
  const run = async (program = './prosora', args = ['version']) => {
    writeFileSync(file('programs/asked'), '');
    const code = await new Promise((resolve) => {
      execFile(program, args, { cwd: dir, env }, (error) => resolve(error?.code ?? 0));
    });
    const asked = readFileSync(file('programs/asked'), 'utf8').trim().split('\n');
    return { code, builds: asked.filter((words) => / build /.test(words)).length, asked };
  };
  return { dir, file, write, run };
}

test('a clone’s image is built once, and again only when what it is made from is another', async () => {
  const { file, write, run } = clone();
  expect((await run()).builds).toBeGreaterThan(0);
  expect(await run()).toMatchObject({ code: 0, builds: 0 });
  // As a checkout leaves what it did not change.
  utimesSync(file('packages/ghost-stack/src/cli.ts'), new Date(), new Date());
  expect((await run()).builds).toBe(0);
  for (const [name, text] of [
    ['packages/ghost-stack/src/cli.ts', '// second\n'],
    ['packages/ghost-stack/src/cli.ts', '// first\n'],
    ['packages/ghost-stack/src/new.ts', ''],
    ['Dockerfile', 'FROM scratch AS ops\n'],
    ['.env', 'NODE_IMAGE=node:25\n'],
    ['.env', 'NODE_IMAGE="node:26" # newer\n'],
  ] as const) {
    write(name, text);
    expect((await run()).builds, name).toBe(1);
    expect((await run()).builds, name).toBe(0);
  }
  for (const [name, text] of [
    ['packages/ghost-stack/test/cli.test.ts', 'what no image holds'],
    ['.env', 'DOMAIN=example.org\nNODE_IMAGE="node:26" # newer\n'],
  ] as const) {
    write(name, text);
    expect((await run()).builds, name).toBe(0);
  }
});

test('what is set in this shell is handed on by its name, and nothing else', async () => {
  const { write, run } = clone();
  write('.env.example', '# DOCKER_SOCKET=\n# DOMAIN=\n');
  const asked = (await run()).asked.at(-1);
  expect(asked).toContain('--env DOCKER_SOCKET ');
  expect(asked).not.toContain('DOMAIN');
});

test('an image that another clone built by the same name is built anew', async () => {
  const { write, run } = clone();
  await run();
  write('programs/image-id', 'sha256:of-another-clone\n');
  expect((await run()).builds).toBe(1);
});

test('where building fails the former image is asked, and the next run tries again', async () => {
  const { file, write, run } = clone();
  await run();
  rmSync(file('programs/next-id'));
  write('Dockerfile', 'FORM scratch\n');
  for (const _run of [1, 2]) {
    const { builds, asked } = await run();
    expect(builds).toBe(1);
    expect(asked.at(-1)).toMatch(/^run .* ghcr\.io\/prosora\/ops:dev prosora version$/);
  }
});

test('a release is pulled once and never built', async () => {
  const { write, run } = clone();
  write('.env', 'PROSORA_VERSION=0.1.0\n');
  write('programs/image-id', 'sha256:1\n');
  const { builds, asked } = await run();
  expect(builds).toBe(0);
  expect(asked.at(-1)).toContain('ghcr.io/prosora/ops:0.1.0');
});

test('it runs where nobody has a home, as under systemd', async () => {
  expect(await clone().run()).toMatchObject({ code: 0 });
});

test('what goes into a file is not written as for a terminal', async () => {
  const { run } = clone();
  const inTerminal = (command: string) => run('script', ['-qec', command, '/dev/null']);
  expect((await inTerminal('./prosora version')).asked.at(-1)).toContain(' --tty ');
  expect((await inTerminal('./prosora version > file')).asked.at(-1)).not.toContain(' --tty ');
});
