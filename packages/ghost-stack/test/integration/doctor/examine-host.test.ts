import { expect, test } from 'vitest';
import { examineHost } from '../../../src/doctor/examine-host.ts';
import { startNoDocker } from '../../fixtures/docker.ts';

test('of a stack whose containers have all ended neither ports nor images are looked at', async () => {
  const { asked } = startNoDocker();
  const ended = { image: 'caddy', state: 'exited', health: '', exitCode: 1, status: 'Exited (1)' };
  const names: string[] = [];
  for await (const { name } of examineHost('.', [{ id: '1', service: 'caddy', ...ended }])) {
    names.push(name);
  }
  expect([names, asked()]).toEqual([['clock'], ['']]);
});
