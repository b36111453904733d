import { expect, test } from 'vitest';
import { startNoDocker } from '../../fixtures/docker.ts';
import { prosora } from '../../fixtures/prosora.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

const CADDY = { ID: '1', Service: 'caddy', State: 'running', Image: 'caddy:2-alpine' };

test.each([
  ['is well', [{ ...CADDY, Health: 'healthy' }], 0, 'caddy      healthy'],
  ['is ill', [{ ...CADDY, Health: 'unhealthy' }], 1, 'caddy      unhealthy'],
  ['is down', [], 1, 'The stack is down: `prosora up` starts it.'],
])('a stack that %s is told, also by the exit code', async (_what, containers, code, line) => {
  startNoDocker({}, containers);
  const { output, ...run } = await prosora(stackFolder(''), ['status']);
  expect([run.code, output]).toEqual([code, expect.stringContaining(line)]);
});
