import { expect, test } from 'vitest';
import { keepCare } from '../../../src/stack/care-files.ts';
import { startNoDocker } from '../../fixtures/docker.ts';
import { prosora } from '../../fixtures/prosora.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

test.each([
  ['down', '`prosora down` was cut off; it is ended here.'],
  ['init', '`prosora init` was cut off; run it again.'],
  ['restore 2026-11-30', '`prosora restore 2026-11-30` was cut off; run it again.'],
])('up after a %s that was killed says whether it ends that too', async (command, line) => {
  startNoDocker();
  const dir = stackFolder('COMPOSE_PROFILES=sandbox\n');
  keepCare(dir, 'intent.json', { command, since: '2026-11-30T00:00:00Z' });
  const { code, output } = await prosora(dir, ['up']);
  expect([code, output.split('\n')[0]]).toEqual([0, line]);
});
