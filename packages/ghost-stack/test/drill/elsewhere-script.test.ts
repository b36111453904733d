import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { wordsOf } from '../../src/drill/run-elsewhere.ts';
import { startNoDocker } from '../fixtures/docker.ts';
import { placeIn } from '../fixtures/place.ts';

const HEAD = 'blog-1\nlocalhost/blog\n0.1.0\nrest:http://localhost/\nblog\n\nsecret\n\n\n';

/** Runs what another machine does, where a drill has left its folder, with the number of a process that runs there. */
function runBeside(pid: number | undefined) {
  const home = mkdtempSync(join(tmpdir(), 'prosora-elsewhere-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const folder = join(home, 'prosora-drill-blog-1');
  mkdirSync(folder);
  writeFileSync(join(folder, 'pid'), `${pid}\n`);
  startNoDocker();
  const command = wordsOf(placeIn(home), 'ssh://ada@example.com').at(-1) ?? '';
  const env = { ...process.env, HOME: home };
  const { status, stderr } = spawnSync('sh', ['-c', command], { input: HEAD, env });
  return { status, stderr: stderr.toString(), isThere: existsSync(folder) };
}

/** A process that does nothing, until the test ends. */
async function idleProcess(...words: string[]): Promise<number | undefined> {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)', ...words]);
  onTestFinished(() => void child.kill());
  await once(child, 'spawn');
  return child.pid;
}

test.runIf(existsSync('/proc/self/cmdline'))(
  'a drill that is under way keeps another of the site away, and one that was killed does not, whoever has its number now',
  async () => {
    const busy = runBeside(await idleProcess('prosora-drill-$name'));
    expect(busy).toMatchObject({ status: 1, isThere: true });
    expect(busy.stderr).toContain('still under way');
    // It comes as far as the files, which are none here.
    const free = runBeside(await idleProcess());
    expect(free.stderr).not.toContain('still under way');
    expect(free.isThere).toBe(false);
  },
);
