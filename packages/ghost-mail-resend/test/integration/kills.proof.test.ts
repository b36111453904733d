import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startSandbox } from '@prosora/sandbox';
import { describe, expect, inject, test, vi } from 'vitest';
import { bridgeEnv, serveBridge } from '../bridge-process.ts';
import {
  AUTHORIZATION,
  DOMAIN,
  getPage,
  mailsByAddress,
  membersOf,
  newsletterForm,
} from '../bridge-with-resend.ts';

const { soak, seed } = inject('proof');
const KILLS = soak ? 50 : 4;
const MEMBERS = soak ? 10_000 : 1_000;
const BATCH = soak ? 500 : 100;
/** Long enough after a start for accepting and sending to be under way. */
const LONGEST_LIFE_MS = 900;

/** Mulberry32: the moments of the kills can be repeated by the seed. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Posts a batch until it is taken, each time rendered anew, as Ghost does. */
async function postAsGhost(url: string, members: readonly string[]): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const form = newsletterForm(members, {
      html: `<p>Rendering ${attempt} for %recipient.name%</p>`,
    });
    try {
      const response = await fetch(`${url}/v3/${DOMAIN}/messages`, {
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

async function postAll(url: string, members: readonly string[]): Promise<number> {
  const batches: string[][] = [];
  for (let at = 0; at < members.length; at += BATCH) batches.push(members.slice(at, at + BATCH));
  let attempts = 0;
  const sender = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      const made = await postAsGhost(url, batch);
      attempts += made;
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

describe('a newsletter while the bridge is killed', () => {
  test(`${MEMBERS} members, ${KILLS} kills, seed ${seed}: one mail each, each shown delivered`, async () => {
    const random = randomFrom(seed);
    const dir = await mkdtemp(join(tmpdir(), 'mail-kills-'));
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
    let bridge = await serveBridge({ env: bridgeEnv(resend, join(dir, 'mail')) });
    // Whatever fails below, no bridge is left behind.
    using _last = { [Symbol.dispose]: () => bridge[Symbol.dispose]() };
    const { url } = bridge;
    const command = { env: bridgeEnv(resend, join(dir, 'mail'), Number(new URL(url).port)) };
    resend.settings.set({ webhookUrl: `${url}/webhooks/resend` });

    const members = membersOf(MEMBERS);
    const posting = postAll(url, members);
    for (let kill = 0; kill < KILLS; kill++) {
      await delay(random() * LONGEST_LIFE_MS);
      bridge.child.kill('SIGKILL');
      await once(bridge.child, 'exit');
      bridge = await serveBridge(command);
    }
    const attempts = await posting;
    const waiting = { timeout: 1_800_000, interval: 250 };
    await vi.waitUntil(() => resend.inbox.list().length >= MEMBERS, waiting);
    await vi.waitUntil(() => resend.pendingWebhooks() === 0, waiting);
    await vi.waitUntil(async () => (await deliveredTo(url)).length >= MEMBERS, waiting);

    expect(mailsByAddress(resend)).toEqual(new Map(members.map((member) => [member, 1])));
    expect((await deliveredTo(url)).toSorted()).toEqual(members.toSorted());
    const calls = resend.requests.list(/batch/);
    const answered = calls.filter(({ status }) => status === 200).length;
    console.log(
      `${attempts} posts, ${calls.length} calls to Resend of which ${answered} answered 200`,
    );
    bridge.child.kill('SIGTERM');
    await once(bridge.child, 'exit');
    await rm(dir, { recursive: true, force: true });
  });
});
