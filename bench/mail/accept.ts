import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';
import { post, serve } from './bridge.ts';
import { millionQueued } from './million.ts';
import { formTo } from './newsletter.ts';
/** From the request to the answer, which is sent after the fsync; nothing is sent on, since Resend is away. */
export async function measureAccept(folder: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, seed] of [
    ['0', undefined],
    ['1,000,000', await millionQueued()],
  ] as const) {
    const dataDir = join(folder, `accept-${name}`);
    mkdirSync(dataDir);
    if (seed) copyFileSync(seed, join(dataDir, 'mail.db'));
    const bridge = await serve(dataDir, 'http://127.0.0.1:1');
    for (const [recipients, rounds] of [
      [1, 200],
      [100, 100],
      [1_000, 100],
    ] as const) {
      const times: number[] = [];
      for (let round = 0; round < rounds + 5; round++) {
        const body = formTo(round * recipients, recipients, `bench-${recipients}-${round}`);
        const startedAt = performance.now();
        await post(bridge.url, body);
        if (round >= 5) times.push(performance.now() - startedAt);
      }
      const p99 = quantile(times, 0.99);
      const what = `accept ${recipients.toLocaleString('en')} with ${name} queued`;
      const budget = { description: 'p99 < 150 ms', met: p99 < 150 };
      figures.push({ name: `${what}, p50`, value: quantile(times, 0.5), unit: 'ms' });
      figures.push({
        name: `${what}, p99`,
        value: p99,
        unit: 'ms',
        ...(recipients === 1_000 && { budget }),
      });
    }
    figures.push(await acceptTogether(bridge.url, `with ${name} queued`));
    await bridge.end('SIGKILL');
  }
  return figures;
}

/** What comes in one turn of the event loop shares a commit. */
async function acceptTogether(url: string, when: string): Promise<Figure> {
  const perSecond = async (atOnce: number, total: number) => {
    let begun = 0;
    const startedAt = performance.now();
    const lane = async () => {
      while (begun < total) {
        const number = begun++;
        await post(url, formTo(number, 1, `together-${atOnce}-${number}`));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
    return (total * 1_000) / (performance.now() - startedAt);
  };
  const alone = await perSecond(1, 300);
  return {
    name: `accept 1 ${when}, 32 at once`,
    value: await perSecond(32, 1_200),
    unit: '/s',
    yardstick: { name: 'one at a time', value: alone },
  };
}
