import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import {
  addressOf,
  connectStripe,
  startBusySite,
  stripeKeys,
  type What,
  type Written,
} from './busy-site.ts';
import { fetchThroughEdge } from './edge.ts';
import { found } from './found-on-site.ts';
import { openRepository } from './own-repository.ts';
import { signIn } from './people.ts';
import { prosora } from './prosora.ts';
import { compose, DOMAIN, docker, sql } from './stack.ts';

const { soak, seed } = inject('proof');
const { project } = inject('stack');
const RUNS = soak ? 5 : 1;
const LONGEST_MS = soak ? 60_000 : 15_000;
const READERS = 3;
/** The views too, which no row tells of. */
const TABLES =
  "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'ghost' ORDER BY 1";
const random = seededRandom(seed);

let repository: Awaited<ReturnType<typeof openRepository>>;
beforeAll(async () => {
  repository = await openRepository();
  process.env['BACKUP_REPOSITORY'] = repository.folder;
});
afterAll(async () => {
  delete process.env['BACKUP_REPOSITORY'];
  await repository.remove();
});

const lines = (printed: string): string[] => printed.split('\n').filter(Boolean);

/** Keeps what was written since, again and again; says up to when all is kept. */
function startTicks() {
  let isStopped = false;
  let keptUntil = 0;
  const ticking = (async () => {
    while (!isStopped) {
      const { code, stdout } = await prosora(['backup', 'minutes', '--json']);
      if (code === 0) keptUntil = Date.parse(JSON.parse(stdout).moment);
    }
  })();
  return {
    keptUntil: () => keptUntil,
    async stop() {
      isStopped = true;
      await ticking;
      return keptUntil;
    },
  };
}

/** The server is gone: every container and every volume of the project, but for the vendors, who are elsewhere. */
async function destroy(ended: () => Promise<unknown>): Promise<void> {
  const ofProject = ['--filter', `label=com.docker.compose.project=${project}`];
  const format = '{{.ID}} {{.Label "com.docker.compose.service"}}';
  const containers = async () =>
    lines(await docker(['ps', '--all', ...ofProject, '--format', format]))
      .map((line) => line.split(' '))
      .flatMap(([id = '', service]) => (service === 'sandbox' ? [] : [id]));
  await docker(['rm', '--force', ...(await containers())]).catch(async (error) => {
    // One of a single command may go by itself at that moment.
    await vi
      .waitUntil(async () => (await containers()).length === 0)
      .catch(() => {
        throw error;
      });
  });
  await ended();
  const volumes = lines(await docker(['volume', 'ls', '--quiet', ...ofProject]));
  await docker(['volume', 'rm', ...volumes.filter((name) => name !== `${project}_sandbox_data`)]);
}

const answeredBefore = (journal: readonly Written[], what: What, time: number) =>
  journal
    .filter((one) => one.what === what && (one.answeredAt ?? Number.POSITIVE_INFINITY) < time)
    .map(({ key }) => key);
const twice = (keys: readonly string[]) => keys.filter((key, at) => keys.indexOf(key) !== at);

/** Reader and subject of each mail that the vendor has sent to those of a run, as often as it did. */
async function mailsOf(label: string): Promise<string[]> {
  const answer = await fetchThroughEdge(`https://resend.sandbox.${DOMAIN}/inbox.json`);
  const mails = (await answer.json()) as { to: string[]; subject: string }[];
  return mails
    .map(({ to, subject }) => `${to.join()}: ${subject}`)
    .filter((mail) => mail.includes(`${label}-`));
}

test.each(Array.from({ length: RUNS }, (_, run) => run))(
  `every volume is lost at a random second, and a restore has all from before the last tick, once (run %i, seed ${seed})`,
  { timeout: 600_000 },
  async (run) => {
    const label = `loss-${seed}-${run}`;
    const admin = await signIn();
    await connectStripe(admin);
    const readers = Array.from({ length: READERS }, (_, at) => addressOf(`${label}-reader-${at}`));
    for (const email of readers) await admin.members.add({ email, labels: [{ name: label }] });

    const schema = await sql(TABLES);
    const site = await startBusySite(admin, label);
    await delay(3_000);
    const backedUpAt = Date.now();
    expect(await prosora(['backup', 'now'])).toMatchObject({ code: 0 });
    const ticks = startTicks();
    await vi.waitUntil(() => ticks.keptUntil() > 0, { timeout: 60_000 });
    await delay(random() * LONGEST_MS);
    const destroyedAt = Date.now();
    await destroy(ticks.stop);
    const keptUntil = await ticks.stop();
    await site.stop();
    const { journal } = site;

    const restored = await prosora(['restore']);
    expect(restored).toMatchObject({ code: 0 });
    expect(await sql(TABLES)).toBe(schema);
    const { secretKey } = await stripeKeys();
    const asked = ['STRIPE_SECRET_KEY', 'PROSORA_STRIPE_API_URL'].flatMap((name) => ['-e', name]);
    const words = ['exec', '-T', ...asked, 'webhooks', 'prosora-stripe', 'reconcile'];
    const keys = { STRIPE_SECRET_KEY: secretKey, PROSORA_STRIPE_API_URL: 'http://sandbox:4103' };
    // It leaves what is younger than a minute to Stripe's own delivery, and says so: whoever reads that comes again.
    await vi.waitUntil(
      async () => {
        const said = await compose([...words, '--since', '1d', '--apply'], keys);
        return !said.includes('of the last minute');
      },
      { timeout: 90_000, interval: 5_000 },
    );

    const paid = answeredBefore(journal, 'payment', Number.POSITIVE_INFINITY);
    const viewed = answeredBefore(journal, 'hit', backedUpAt);
    const there = await vi.waitFor(
      async () => {
        const now = await found(label);
        expect(now.payment).toEqual(expect.arrayContaining(paid));
        expect(now.hit).toEqual(expect.arrayContaining(viewed));
        return now;
      },
      { timeout: 120_000, interval: 1_000 },
    );
    for (const what of ['post', 'newsletter', 'member'] as const) {
      const kept = answeredBefore(journal, what, keptUntil);
      const all = answeredBefore(journal, what, Number.POSITIVE_INFINITY);
      const lost = all.filter((key) => !there[what].includes(key));
      console.log(
        `${what}: ${all.length} answered, ${kept.length} before the last tick, ${lost.length} lost`,
      );
      expect(lost.filter((key) => kept.includes(key))).toEqual([]);
      expect(kept.length).toBeGreaterThan(0);
    }
    console.log(
      `payment: ${paid.length} answered, 0 lost; hit: ${viewed.length} before the backup`,
    );
    console.log(`kept until ${(destroyedAt - keptUntil) / 1_000} s before it was destroyed`);
    for (const keys of Object.values(there)) expect(twice(keys)).toEqual([]);
    // Ghost welcomes whoever paid as often as it hears of it: once more where that was in the minute that was lost.
    const again = twice(await mailsOf(label));
    expect(again.filter((mail) => !mail.includes('-payment-'))).toEqual([]);
    console.log(`${again.length} welcomed twice`);
  },
);
