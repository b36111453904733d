import { cp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { watchMemory } from './memory.ts';
import { composeIn, ROOT } from './stack.ts';

const PROJECT = 'ghost-stack-test';

/** Left up for the next run: shorter while a test is being written. */
const keep = process.env['PROSORA_STACK'] === 'keep';

/** What a clone has, and neither what was installed and built here nor a `.env`. */
const isCloned = (file: string) =>
  !/(^|\/)(\.env|\.git|\.prosora|dist|node_modules)$/.test(path.relative(ROOT, file));

/**
 * Brings the unmodified stack up for all tests of the layer, from a copy without a `.env`, and takes it and
 * its volumes down in the end.
 */
export default async function bringUp(testProject: TestProject): Promise<() => Promise<void>> {
  const dir = path.join(ROOT, '.prosora/stack');
  // Tests are at the backups themselves.
  process.env['BACKUP_EVERY'] = 'off';
  const compose = composeIn({ dir, project: PROJECT });
  const takeDown = async () => {
    await compose(['down', '--volumes', '--timeout', '5']);
    await rm(dir, { recursive: true, force: true });
  };
  // What a killed run left, the command's own notes among it.
  if (!keep) await rm(dir, { recursive: true, force: true });
  for (const name of await readdir(ROOT)) {
    const file = path.join(ROOT, name);
    if (!isCloned(file)) continue;
    await cp(file, path.join(dir, name), { recursive: true, filter: isCloned });
  }
  const memory = watchMemory(PROJECT);
  const startedAt = performance.now();
  try {
    // What a killed run left.
    if (!keep) await compose(['down', '--volumes', '--timeout', '5']);
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
  console.log(`The stack was built and healthy after ${seconds} s.`);
  const ca = await compose([
    'exec',
    '-T',
    'caddy',
    'cat',
    '/data/caddy/pki/authorities/local/root.crt',
  ]);
  testProject.provide('stack', { dir, project: PROJECT, ca });
  return async () => {
    console.log('The most memory that each service took, in MB:', await memory.stop());
    if (!keep) await takeDown();
  };
}
