import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { TestSpecification, Vitest } from 'vitest/node';
import LongestFirst, { LEAVES_A_MESS, LONG, LONGEST } from '../longest-first.ts';
import { NEEDS_QUIET } from '../needs-quiet.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

/** What is read of a file to run, without results of an earlier run. */
function specification(file: string, name: string, groupOrder = 1): TestSpecification {
  const config = { sequence: { groupOrder }, isolate: true };
  return { moduleId: `${ROOT}${file}`, project: { name, config } } as TestSpecification;
}

test('what waits longest starts first, then unit tests, then packages, then what takes long, then the rest, then what needs quiet, and each group stays together', async () => {
  const cache = { getTestSpecificationResult: () => ({ failed: false, duration: 1 }) };
  const files = [
    ...LEAVES_A_MESS.toReversed().map((file) => specification(file, 'stack', 4)),
    specification('examples/ghost-stack/test/stack/redis.test.ts', 'stack', 4),
    specification('examples/ghost-stack/test/stack/login.test.ts', 'stack', 4),
    specification('packages/durable/test/line.test.ts', 'integration'),
    specification('packages/durable/test/crash.proof.test.ts', 'integration'),
    ...LONG.map((file) => specification(file, 'integration')),
    specification('scripts/test/integration/packed.test.ts', 'packages'),
    specification('packages/service/test/a.test.ts', 'unit'),
    ...LONGEST.toReversed().map((file) => specification(file, 'e2e')),
  ];
  const sorted = await new LongestFirst({ cache } as unknown as Vitest).sort(files);
  expect(sorted.map(({ moduleId }) => moduleId.slice(ROOT.length))).toEqual([
    ...LONGEST,
    'packages/service/test/a.test.ts',
    'scripts/test/integration/packed.test.ts',
    'packages/durable/test/crash.proof.test.ts',
    ...LONG,
    'packages/durable/test/line.test.ts',
    'examples/ghost-stack/test/stack/login.test.ts',
    'examples/ghost-stack/test/stack/redis.test.ts',
    ...LEAVES_A_MESS,
  ]);
});

test('what is said to take longest or to need quiet is there', () => {
  for (const file of [...LONGEST, ...LONG, ...LEAVES_A_MESS, ...NEEDS_QUIET])
    expect([file, existsSync(ROOT + file)]).toEqual([file, true]);
});
