import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startNoDocker } from '../../fixtures/docker.ts';
import { prosora } from '../../fixtures/prosora.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

test('an archive that cannot be written is not said to be made', async () => {
  startNoDocker();
  const dir = stackFolder('COMPOSE_PROFILES=sandbox\n');
  const { code, stdout } = await prosora(dir, ['support', 'nowhere/support.tar.gz', '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    error: {
      code: 'SUPPORT',
      message: expect.stringContaining(`${join(dir, 'nowhere/support.tar.gz')} cannot be written`),
    },
  });
});
