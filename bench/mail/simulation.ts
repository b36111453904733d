import { copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CallBody } from '../../packages/ghost-mail-resend/src/send/resend.ts';
import { sendChunk } from '../../packages/ghost-mail-resend/src/send/send.ts';
import { createSharedPace } from '../../packages/ghost-mail-resend/src/send/shared-pace.ts';
import { openMailStore } from '../../packages/ghost-mail-resend/src/store/store.ts';
import type { Figure } from '../figure.ts';
import { rssMb } from './bridge.ts';
import { millionQueued } from './million.ts';
import { MILLION } from './newsletter.ts';
/** A million members on a clock that only sleeping moves: real rows, bytes and fsyncs, no network. */
export async function simulate(folder: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const limit of [5, 10, 100]) {
    const dataDir = join(folder, `simulation-${limit}`);
    mkdirSync(dataDir);
    copyFileSync(await millionQueued(), join(dataDir, 'mail.db'));
    let now = Date.now();
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    };
    const { store, queues } = await openMailStore({ dataDir, mayBeNew: true }, clock);
    const rate = { limit, remaining: limit, resetMs: null, windowMs: 1_000 };
    let sent = 0;
    const resend = {
      send: async (body: CallBody) => {
        let text = '';
        for (const piece of body.pieces()) text += Buffer.from(piece).toString();
        const count = (JSON.parse(text) as unknown[]).length;
        const data = Array.from({ length: count }, () => ({ id: `id-${sent++}` }));
        return {
          status: 200,
          connected: true,
          name: null,
          message: '',
          body: { data },
          rate,
          retryAfterMs: null,
        };
      },
    };
    const context = { store, queues, resend, pace: createSharedPace(store, clock), clock };
    const simulatedFrom = now;
    const startedAt = performance.now();
    let peak = 0;
    for (;;) {
      const jobs = await queues.chunks.claim(3, 30_000);
      if (jobs.length === 0) break;
      for (const job of jobs) {
        const { also, ...settlement } = await sendChunk(context, job, new AbortController().signal);
        if (settlement.kind !== 'done') throw new Error(JSON.stringify(settlement));
        await queues.chunks.settle(job, settlement, also ? { also } : {});
      }
      peak = Math.max(peak, rssMb(process.pid));
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    await store.close();
    if (sent !== MILLION) throw new Error(`${sent} were sent`);
    const at = `1,000,000 members at ${limit}/s`;
    const disk = statSync(join(dataDir, 'mail.db')).size / 1024 ** 2;
    figures.push(
      {
        name: `${at}: simulated time`,
        value: (now - simulatedFrom) / 60_000,
        unit: 'min',
        yardstick: { name: 'the limit alone', value: MILLION / 100 / limit / 60 },
      },
      { name: `${at}: work of ours`, value: seconds, unit: 's' },
      { name: `${at}: disk`, value: disk, unit: 'MB' },
      { name: `${at}: peak RSS of the bench`, value: peak, unit: 'MB' },
    );
    rmSync(dataDir, { recursive: true });
  }
  return figures;
}
