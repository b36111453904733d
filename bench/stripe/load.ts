import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** A request to send: the bytes of an event and its signature. */
export interface Shot {
  body: Buffer;
  signature: string;
}

/** What came of a load: how long each answer took, in ms, and over how long. */
export interface LoadResult {
  ms: number[];
  tookMs: number;
}

/** Sends one after the other, or several at a time, as fast as answers come. @throws Error for any answer but 200 */
export async function saturate(url: string, shots: Shot[], atOnce: number): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const ms: number[] = [];
  const started = performance.now();
  let next = 0;
  const lane = async () => {
    for (let shot = shots[next++]; shot !== undefined; shot = shots[next++]) {
      ms.push(await post(url, shot, agent));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const tookMs = performance.now() - started;
  agent.destroy();
  return { ms, tookMs };
}

/** Sends so many a second, whether answers come or not. */
export async function sendAtRate(
  url: string,
  shots: Shot[],
  perSecond: number,
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const started = performance.now();
  const answers: Promise<number>[] = [];
  for (const [at, shot] of shots.entries()) {
    const waitMs = started + (at * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await delay(waitMs);
    answers.push(post(url, shot, agent));
  }
  const ms = await Promise.all(answers);
  const tookMs = performance.now() - started;
  agent.destroy();
  return { ms, tookMs };
}

function post(url: string, { body, signature }: Shot, agent: Agent): Promise<number> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'content-length': body.length,
      'stripe-signature': signature,
    };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - started);
        else reject(new Error(`answered ${response.statusCode}`));
      });
    });
    sent.once('error', reject).end(body);
  });
}
