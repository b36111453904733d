import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startSandbox } from '@prosora/sandbox';
import { freePort, seededRandom } from '@prosora/service/testing';
import { expect, vi } from 'vitest';
import { type BridgeCommand, bridgeEnv, serveBridge } from './bridge-process.ts';
import {
  AUTHORIZATION,
  DOMAIN,
  getPage,
  mailsByAddress,
  membersOf,
  newsletterForm,
} from './bridge-with-resend.ts';

/** What happens to bridges while a newsletter goes out. */
export interface Fire {
  members: number;
  /** Recipients in one post of Ghost. */
  batch: number;
  kills: number;
  /** Bridges at a time; more than one share a database. */
  bridges: number;
  /** The database they share, as options of the environment; the file in a folder without. */
  databaseUrl?: string;
  seed: number;
}

/** Long enough after a start for accepting and sending to be under way. */
const LONGEST_LIFE_MS = 900;
const waiting = { timeout: 1_800_000, interval: 1_000 };

/** Posts a batch until it is taken, each time rendered anew, as Ghost does, to whichever bridge is there. */
async function postAsGhost(urls: readonly string[], members: readonly string[]): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const form = newsletterForm(members, {
      html: `<p>Rendering ${attempt} for %recipient.name%</p>`,
    });
    try {
      const response = await fetch(`${urls[attempt % urls.length]}/v3/${DOMAIN}/messages`, {
        method: 'POST',
        headers: { authorization: AUTHORIZATION },
        body: form,
      });
      if (response.ok) return attempt;
    } catch {
      // The bridge is down just now.
    }
    await delay(50);
  }
}

async function postAll(
  urls: readonly string[],
  members: readonly string[],
  size: number,
): Promise<number> {
  const batches: string[][] = [];
  for (let at = 0; at < members.length; at += size) batches.push(members.slice(at, at + size));
  let attempts = 0;
  const sender = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      attempts += await postAsGhost(urls, batch);
      // Ghost tries again what it took for failed.
      attempts += await postAsGhost(urls, batch.slice(0, 10));
    }
  };
  // Ghost posts two batches at a time (batch-sending-service.js).
  await Promise.all([sender(), sender()]);
  return attempts;
}

async function deliveredTo(url: string): Promise<string[]> {
  const end = Math.floor(Date.now() / 1000) + 60;
  const query = `limit=300&event=delivered&tags=bulk-email&begin=0&end=${end}&ascending=yes`;
  let page = await getPage(`${url}/v3/${DOMAIN}/events?${query}`);
  const recipients: string[] = [];
  while (page.items.length > 0) {
    recipients.push(...page.items.map(({ recipient }) => recipient));
    page = await getPage(`${page.paging.next}?${query}`);
  }
  return recipients;
}

/**
 * Sends a newsletter through bridges that are killed, to a Resend that drops answers after it took the
 * mails and fails at random, and checks that each member got one mail that is shown delivered.
 */
export async function newsletterUnderFire(fire: Fire): Promise<void> {
  const { members: count, batch, kills, bridges, seed, databaseUrl } = fire;
  const random = seededRandom(seed);
  const dir = await mkdtemp(join(tmpdir(), 'mail-fire-'));
  const settings = {
    requestsPerSecond: 20,
    minLatencyMs: 50,
    maxLatencyMs: 300,
    webhookRetriesMs: Array(200).fill(300),
  };
  await using sandbox = await startSandbox({
    port: 0,
    dataDir: join(dir, 'sandbox'),
    seed: `${seed}`,
    vendors: { resend: { settings } },
  });
  const { resend } = sandbox;
  resend.faults.set([
    { match: { probability: 0.05 }, fault: { dropAfterAccept: true } },
    { match: { probability: 0.05 }, fault: { status: 500 } },
    { match: { probability: 0.05 }, fault: { status: 429, headers: { 'retry-after': '1' } } },
  ]);
  const commands: BridgeCommand[] = [];
  for (let index = 0; index < bridges; index++) {
    const env = bridgeEnv(resend, join(dir, 'mail'), await freePort());
    commands.push({
      env: { ...env, ...(databaseUrl && { PROSORA_MAIL_DATABASE_URL: databaseUrl }) },
    });
  }
  const running = await Promise.all(commands.map(serveBridge));
  // Whatever fails below, no bridge is left behind.
  using _all = { [Symbol.dispose]: () => running.forEach((bridge) => void bridge.child.kill(9)) };
  const urls = running.map(({ url }) => url);
  const [url = ''] = urls;
  resend.settings.set({ webhookUrl: `${url}/webhooks/resend` });

  const members = membersOf(count);
  const startedAt = Date.now();
  const posting = postAll(urls, members, batch);
  for (let kill = 0; kill < kills; kill++) {
    await delay(random() * LONGEST_LIFE_MS);
    const victim = kill % bridges;
    const { child } = running[victim] ?? {};
    child?.kill('SIGKILL');
    if (child) await once(child, 'exit');
    running[victim] = await serveBridge(commands[victim] as BridgeCommand);
  }
  const attempts = await posting;
  await vi.waitUntil(() => resend.inbox.list().length >= count, waiting);
  await vi.waitUntil(() => resend.pendingWebhooks() === 0, waiting);
  await vi.waitUntil(async () => (await deliveredTo(url)).length >= count, waiting);

  expect(mailsByAddress(resend)).toEqual(new Map(members.map((member) => [member, 1])));
  for (const each of urls) {
    expect((await deliveredTo(each)).toSorted()).toEqual(members.toSorted());
  }
  const calls = resend.requests.list(/batch/);
  const answered = calls.filter(({ status }) => status === 200).length;
  console.log(
    `${count} members, ${bridges} bridges, ${kills} kills: ${attempts} posts, ${calls.length} calls to Resend of which ${answered} answered 200, one mail each, each delivered, in ${Math.round((Date.now() - startedAt) / 1000)} s; seed ${seed}`,
  );
  for (const { child } of running) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await rm(dir, { recursive: true, force: true });
}
