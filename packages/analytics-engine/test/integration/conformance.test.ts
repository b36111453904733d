import { expect, test } from 'vitest';
import { ghostRelease } from '../fixtures/ghost-release.ts';
import { ghostDatafiles, startTestEngine } from '../fixtures/test-engine.ts';
import { differences, sendFixtures, tinybirdTests } from '../fixtures/tinybird-tests.ts';

// Ghost's own suites, over the fixtures it ships. 6.40 is the last that is without gift links, 6.55 has
// them and is without automations.
test.each([
  { release: '6.65.0, as installed', cases: 318, project: ghostDatafiles },
  { release: '6.55.0', cases: 315, project: () => ghostRelease('6.55.0') },
  { release: '6.40.0', cases: 296, project: () => ghostRelease('6.40.0') },
])('all $cases cases of Ghost $release pass', async ({ release, cases, project }) => {
  const folder = await project();
  const tests = tinybirdTests(folder);
  expect(tests).toHaveLength(cases);

  await using engine = await startTestEngine({ PROSORA_ENGINE_DATAFILES: folder });
  await sendFixtures(engine, folder);
  const found = await differences(engine, tests);
  console.log(`Ghost ${release}: ${cases - found.length} of ${cases} of its Tinybird tests pass`);
  expect(found).toEqual([]);
});
