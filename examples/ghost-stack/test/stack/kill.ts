import { vi } from 'vitest';
import { containerOf, inspect, type Service } from './stack.ts';

/** Kills a service's process, as the kernel would for want of memory, and waits until Docker has started another. */
export async function kill(service: Service): Promise<void> {
  const container = containerOf(service);
  const { Pid } = (await inspect(container)).State;
  process.kill(Pid, 'SIGKILL');
  await vi.waitUntil(
    async () => {
      const { State } = await inspect(container);
      return State.Pid !== Pid && State.Health?.Status === 'healthy';
    },
    { timeout: 120_000, interval: 200 },
  );
}
