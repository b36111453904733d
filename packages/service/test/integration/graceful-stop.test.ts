import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

/** A service in a process of its own whose `stop` takes as long as it is told. */
const service = async (stopMs: number, graceMs: number): Promise<ChildProcess> => {
  const program = `
    import { createLogger, stopGracefully } from '@prosora/service';
    const stop = () => new Promise((resolve) => setTimeout(resolve, ${stopMs}));
    stopGracefully({ stop, graceMs: ${graceMs}, logger: createLogger({ name: 'child' }) });
    setInterval(() => {}, 1000);
    console.log('ready');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout) await once(child.stdout, 'data');
  return child;
};

test('SIGTERM lets the service finish and ends it with 0', async () => {
  const child = await service(50, 5_000);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a service that does not finish within its grace ends with 1', async () => {
  const child = await service(60_000, 50);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([1, null]);
});

test('a second signal ends it at once', async () => {
  const child = await service(60_000, 60_000);
  child.kill('SIGINT');
  await once(child.stdout ?? child, 'data');
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([1, null]);
});
