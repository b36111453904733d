import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { passForGhost } from '../fixtures/ghost-process.ts';

const fromGhost = await passForGhost();
const { default: DurableJobs } = await import('../../src/jobs.ts');
const { runJobsBackendContractTests } = fromGhost(
  '@tryghost/adapter-base-jobs/contract-test-suite',
) as {
  runJobsBackendContractTests(
    makeBackend: () => unknown,
    framework: { describe: typeof describe; it: typeof test },
  ): void;
};

const folder = mkdtempSync(join(tmpdir(), 'jobs-contract-'));
afterAll(() => rmSync(folder, { recursive: true }));

let stores = 0;
describe('on SQLite', () => {
  runJobsBackendContractTests(() => new DurableJobs({ file: join(folder, `${stores++}.db`) }), {
    describe,
    it: test,
  });
});
