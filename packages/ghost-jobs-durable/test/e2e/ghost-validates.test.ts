import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bootGhost, installGhost } from '@prosora/ghost-local';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  adaptersConfig,
  installAdapters,
  PACKED_NAME,
  sharedAdapters,
} from '../fixtures/ghost-with-adapters.ts';

let built: string;
let dir: string;
beforeAll(async () => {
  built = await sharedAdapters();
  dir = await mkdtemp(join(tmpdir(), 'jobs-validate-'));
  await installAdapters(built, dir);
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

test('each adapter is one file of at most 400 kB', async () => {
  for (const type of ['jobs', 'scheduling']) {
    expect((await stat(join(built, `dist/${type}.cjs`))).size).toBeLessThanOrEqual(400_000);
  }
});

test('Ghost refuses to boot with a wrong block, and names every problem of both', async () => {
  const config = adaptersConfig({ concurency: 2, store: 'postgres', keepDays: 0 });
  const refused = await bootGhost({ dir, config }).catch((error: Error) => error.message);
  for (const problem of ['did you mean "concurrency"', 'store: "postgres"', 'keepDays: "0"']) {
    expect(String(refused).split(problem)).toHaveLength(3);
  }
});

test("both pass Ghost's own validation", async () => {
  const install = await installGhost();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      join(install.dir, 'bin/validate-adapters.js'),
      '--check-duplicate-deps',
      `jobs:${PACKED_NAME}/jobs`,
      `scheduling:${PACKED_NAME}/scheduling`,
    ],
    { cwd: dir, env: { ...process.env, NODE_ENV: 'development' } },
  );
  expect(stdout).toContain(`ok    jobs:${PACKED_NAME}/jobs`);
  expect(stdout).toContain('Validated 2 adapter(s).');
});
