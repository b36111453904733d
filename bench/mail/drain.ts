import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Resend } from 'resend';
import type { Figure } from '../figure.ts';
import { post, rssMb, serve } from './bridge.ts';
import { BATCH, formTo, HTML, messageTo } from './newsletter.ts';

const RESEND = new URL('./resend.ts', import.meta.url).pathname;

/** Takes 100,000 recipients and sends them to a Resend without limits, beside the SDK alone in a loop. */
export async function measureDrain(folder: string): Promise<Figure[]> {
  const recipients = 100_000;
  const resend = spawn(process.execPath, [RESEND], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(resend.stdout, 'data')) as [Buffer];
  const url = String(line).trim();
  const counted = async () => Number(await (await fetch(`${url}/count`)).text());
  try {
    const dataDir = join(folder, 'drain');
    const bridge = await serve(dataDir, url);
    const rss: number[] = [];
    const startedAt = performance.now();
    let posted = 0;
    const sender = async () => {
      while (posted < recipients) {
        const from = posted;
        posted += BATCH;
        await post(bridge.url, formTo(from, BATCH, 'drain'));
      }
    };
    const posting = Promise.all([sender(), sender()]);
    while ((await counted()) < recipients) {
      rss.push(rssMb(bridge.child.pid));
      await delay(250);
    }
    await posting;
    const seconds = (performance.now() - startedAt) / 1_000;
    await bridge.end('SIGTERM');

    const before = await counted();
    const sdk = new Resend('re_bench_key', { baseUrl: url });
    const sdkStartedAt = performance.now();
    const bare = 20_000;
    for (let at = 0; at < bare; at += 100) {
      const { template, recipients: some } = messageTo(at, 100, 'bare');
      const mails = some.map(({ address, variables }) => ({
        from: template.from,
        to: [address],
        subject: 'News',
        html: HTML.replace(/%recipient\.name%/g, () => variables['name'] ?? ''),
        text: 'News',
      }));
      await sdk.batch.send(mails);
    }
    const sdkSeconds = (performance.now() - sdkStartedAt) / 1_000;
    if ((await counted()) !== before + bare) throw new Error('the SDK did not send all');
    const half = rss.slice(0, Math.floor(rss.length / 2));
    const rest = rss.slice(Math.floor(rss.length / 2));
    const peak = Math.max(...rss);
    return [
      {
        name: 'accept and drain 100,000 recipients of 45 kB',
        value: recipients / seconds,
        unit: 'recipients/s',
        yardstick: { name: 'bare SDK in a loop', value: bare / sdkSeconds },
      },
      {
        name: 'peak RSS meanwhile',
        value: peak,
        unit: 'MB',
        budget: { description: '≤ 150 MB', met: peak <= 150 },
      },
      { name: 'peak RSS in the first half', value: Math.max(...half), unit: 'MB' },
      { name: 'peak RSS in the second half', value: Math.max(...rest), unit: 'MB' },
    ];
  } finally {
    resend.kill();
  }
}
