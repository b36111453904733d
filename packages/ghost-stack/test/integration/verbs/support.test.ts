import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startNoDocker } from '../../fixtures/docker.ts';
import { PROSORA, prosora } from '../../fixtures/prosora.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

test('in its image it writes nowhere but in the folder of the stack', async () => {
  const program = ['env', 'PROSORA_IN_IMAGE=yes', ...PROSORA];
  const dir = stackFolder('COMPOSE_PROFILES=sandbox\n');
  for (const words of [
    ['support', `${dir}-beside/support.tar.gz`],
    ['restore', '--into', '..'],
  ]) {
    const { code, stdout } = await prosora(dir, [...words, '--json'], { program });
    expect(code).toBe(2);
    expect(stdout).toContain('outside of the stack');
  }
});

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
