import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { composeIn, ROOT, STACK_FILES } from './stack.ts';

const PROJECT = 'ghost-stack-test';

/** Left up for the next run: shorter while a test is being written. */
const keep = process.env['PROSORA_STACK'] === 'keep';

/**
 * Brings the unmodified stack up for all tests of the layer, from a copy without a `.env`, and takes it and
 * its volumes down in the end.
 */
export default async function bringUp(testProject: TestProject): Promise<() => Promise<void>> {
  const dir = path.join(ROOT, '.prosora/stack');
  const compose = composeIn({ dir, project: PROJECT });
  const takeDown = async () => {
    await compose(['down', '--volumes', '--timeout', '5']);
    await rm(dir, { recursive: true, force: true });
  };
  for (const file of STACK_FILES) {
    await cp(file, path.join(dir, path.relative(ROOT, file)), { recursive: true });
  }
  await cp(path.join(ROOT, 'packages'), path.join(dir, 'packages'), {
    recursive: true,
    filter: (source) =>
      /^packages(\/[^/]+(\/(package\.json|dist(\/.*)?))?)?$/.test(path.relative(ROOT, source)),
  });
  await cp(
    path.join(ROOT, 'examples/local/package.json'),
    path.join(dir, 'examples/local/package.json'),
  );
  const startedAt = performance.now();
  try {
    // What a killed run left.
    if (!keep) await compose(['down', '--volumes', '--timeout', '5']);
    await compose(['up', '--detach', '--wait', '--build']);
  } catch (error) {
    console.error(await compose(['logs', '--tail', '30']));
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
  return keep ? async () => {} : takeDown;
}
