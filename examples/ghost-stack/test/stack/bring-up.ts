import { cp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { watchMemory } from './memory.ts';
import { composeIn, ROOT, type StackUnderTest } from './stack.ts';

/** The stack of each project of tests, in a folder and under a name of its own. */
const STACKS: Readonly<Record<string, Pick<StackUnderTest, 'project' | 'port' | 'env'>>> = {
  stack: { project: 'ghost-stack-test', port: 443, env: {} },
  // With images of its own too: tests of the other build theirs anew.
  'stack-beside': {
    project: 'ghost-stack-beside',
    port: 28443,
    env: { HTTP_PORT: '28080', HTTPS_PORT: '28443', PROSORA_REGISTRY: 'beside.localhost/prosora' },
  },
};

/** Left up for the next run: shorter while a test is being written. */
const keep = process.env['PROSORA_STACK'] === 'keep';

/** What a clone has, and neither what was installed and built here nor a `.env`. */
const isCloned = (file: string) =>
  !/(^|\/)(\.env|\.git|\.prosora|dist|node_modules)$/.test(path.relative(ROOT, file));

/**
 * Brings the unmodified stack up for all tests of a project, from a copy without a `.env`, and takes it and
 * its volumes down in the end.
 */
export default async function bringUp(testProject: TestProject): Promise<() => Promise<void>> {
  const dir = path.join(ROOT, '.prosora', testProject.name);
  const own = STACKS[testProject.name];
  if (own === undefined) throw new Error(`The project "${testProject.name}" has no stack.`);
  // Tests are at the backups themselves.
  process.env['BACKUP_EVERY'] = 'off';
  const compose = composeIn({ dir, ...own });
  const takeDown = async () => {
    await compose(['--profile', '*', 'down', '--volumes', '--timeout', '5']);
    await rm(dir, { recursive: true, force: true });
  };
  // What a killed run left, the command's own notes among it.
  if (!keep) await rm(dir, { recursive: true, force: true });
  for (const name of await readdir(ROOT)) {
    const file = path.join(ROOT, name);
    if (!isCloned(file)) continue;
    await cp(file, path.join(dir, name), { recursive: true, filter: isCloned });
  }
  const memory = watchMemory(own.project);
  const startedAt = performance.now();
  try {
    // What a killed run left.
    if (!keep) await compose(['--profile', '*', 'down', '--volumes', '--timeout', '5']);
    // What the command restores with is no service of the stack, so `up` does not build it.
    await compose(['build', 'db-tools']);
    await compose(['up', '--detach', '--wait', '--build']);
  } catch (error) {
    console.error(await compose(['logs', '--tail', '30']));
    await memory.stop();
    await takeDown();
    throw error;
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(`The project ${own.project} was built and healthy after ${seconds} s.`);
  const ca = await compose([
    'exec',
    '-T',
    'caddy',
    'cat',
    '/data/caddy/pki/authorities/local/root.crt',
  ]);
  testProject.provide('stack', { dir, ...own, ca });
  return async () => {
    console.log(`The most memory that ${own.project} took, in MB:`, await memory.stop());
    if (!keep) await takeDown();
  };
}
