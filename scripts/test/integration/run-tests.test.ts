import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const runner = path.join(import.meta.dirname, '../../run-tests.ts');
/** Fails at first, and every further time unless `once`. */
const failing = (name: string, once: boolean) => `
  import { existsSync, writeFileSync } from 'node:fs';
  import { expect, test } from 'vitest';
  test('${name}', () => {
    const ran = existsSync('${name}.ran') && ${once};
    writeFileSync('${name}.ran', '');
    expect(ran).toBe(true);
  });`;

let folder: string;
beforeEach(async () => {
  // Beside the modules that its files import.
  folder = await mkdtemp(path.join(import.meta.dirname, '.tests-'));
  await writeFile(path.join(folder, 'vitest.workspace.ts'), 'export default {};');
});
afterEach(() => rm(folder, { recursive: true }));

function run(env: Record<string, string>) {
  const { CI: _, ...rest } = process.env;
  const { status, stdout } = spawnSync(process.execPath, [runner], {
    cwd: folder,
    env: { ...rest, ...env },
    encoding: 'utf8',
  });
  return { status, lines: stdout.trim().split('\n') };
}

test('in CI what fails once and passes by itself is told, and fails nobody', async () => {
  await writeFile(path.join(folder, 'once.test.ts'), failing('once', true));
  const { status, lines } = run({ CI: 'true' });
  expect(lines).toContain('0 passed, 1 failed, 0 skipped');
  expect(lines.slice(-2)).toEqual(['1 failed, and passed when run again:', 'once.test.ts > once']);
  expect(status).toBe(0);
});

test('what fails twice has failed', async () => {
  await writeFile(path.join(folder, 'once.test.ts'), failing('once', true));
  await writeFile(path.join(folder, 'always.test.ts'), failing('always', false));
  const { status, lines } = run({ CI: 'true' });
  expect(lines).not.toContain('1 failed, and passed when run again:');
  expect(status).toBe(1);
});

test('what failed outside of any test is not made good by one that passes when run again', async () => {
  await writeFile(path.join(folder, 'once.test.ts'), failing('once', true));
  await writeFile(
    path.join(folder, 'outside.test.ts'),
    `import { test } from 'vitest';
    test('outside', () => void Promise.reject(new Error('Nobody waits for it.')));`,
  );
  const { status, lines } = run({ CI: 'true' });
  expect(lines).not.toContain('1 failed, and passed when run again:');
  expect(status).toBe(1);
});

test('on a desk nothing is run again, and in CI not what failed in many files', async () => {
  for (const name of ['a', 'b', 'c', 'd']) {
    await writeFile(path.join(folder, `${name}.test.ts`), failing(name, true));
  }
  expect(run({ CI: 'true' }).status).toBe(1);
  for (const name of ['b', 'c', 'd']) await rm(path.join(folder, `${name}.test.ts`));
  await rm(path.join(folder, 'a.ran'));
  expect(run({}).status).toBe(1);
});
