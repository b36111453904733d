import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@prosora/service/testing';
import { expect, inject, test } from 'vitest';
import { askEdge } from '../edge.ts';
import { signIn } from '../people.ts';
import { docker, inspect } from '../stack.ts';
import { askCloudflare, isKept, standBehindCloudflare } from './behind-cloudflare.ts';
import { createEditor } from './editor.ts';
import { askGhost } from './ghost-itself.ts';
import { contentKey, repeat, wayOf } from './memory-of-pages.ts';

const { soak, seed } = inject('proof');
const READS = soak ? 100_000 : 2_000;
const READS_A_CHANGE = 80;
const PAGES_A_CHANGE = 8;
/** Changes with Cloudflare in front, whose free plan grants five calls a minute. */
const CHANGES = soak ? 100 : 10;
/** How old a page may be after a change was answered. */
const STALE_MS = 2_000;
const STALE_AT_CLOUDFLARE_MS = 20_000;

/** A page without the time at which it was made. */
const comparable = ({ status, body }: { status: number; body: Buffer }) =>
  `${status} ${body.toString().replace(/<lastBuildDate>.*?<\/lastBuildDate>/, '')}`;

/** Whether readers come to be given what Ghost itself says, within the time that is allowed. */
async function becomesFresh(path: string, answeredAt: number): Promise<boolean> {
  for (;;) {
    const askedAt = Date.now();
    const [kept, itself] = [await askEdge(path), await askGhost(path)];
    if (comparable(kept) === comparable(itself)) return true;
    if (askedAt - answeredAt > STALE_MS) return false;
  }
}

test(`of ${READS} reads between random changes none is older than 2 s`, {
  timeout: soak ? 14_400_000 : 900_000,
}, async () => {
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  const editor = createEditor(await signIn(), random, await contentKey());
  const old: string[] = [];
  let reads = 0;
  let late = 0;
  let hits = 0;
  while (reads < READS) {
    const change = await editor.change();
    const answeredAt = Date.now();
    const paths = editor.paths();
    const chosen = Array.from({ length: PAGES_A_CHANGE }, () => ({
      path: paths[Math.floor(random() * paths.length)] ?? '/',
      itself: '',
    }));
    await repeat(chosen.length + READS_A_CHANGE, 4, async (n) => {
      const page = chosen[n % chosen.length];
      if (page === undefined) return;
      const kept = await askEdge(page.path);
      page.itself ||= comparable(await askGhost(page.path));
      if (wayOf(kept) === 'hit') hits++;
      if (comparable(kept) === page.itself) return;
      late++;
      page.itself = '';
      if (!(await becomesFresh(page.path, answeredAt))) {
        old.push(`${page.path} after the editor ${change}`);
      }
    });
    reads += chosen.length + READS_A_CHANGE;
  }
  console.log(`${reads} reads, ${hits} from memory, ${late} late, ${old.length} older than 2 s`);
  expect(old).toEqual([]);
});

test(`with Cloudflare in front no page is older than 20 s after any of ${CHANGES} changes`, {
  timeout: CHANGES * 60_000,
}, async () => {
  const random = seededRandom(seed);
  const admin = await signIn();
  await standBehindCloudflare(admin);
  const editor = createEditor(admin, random, await contentKey());
  const old: string[] = [];
  const took: number[] = [];
  let kept = 0;
  for (let n = 0; n < CHANGES; n++) {
    const paths = editor.paths();
    const chosen = Array.from(
      { length: PAGES_A_CHANGE },
      () => paths[Math.floor(random() * paths.length)] ?? '/',
    );
    // The second time the edge has what it may keep.
    await repeat(2 * chosen.length, 4, async (at) => {
      if (isKept(await askCloudflare(chosen[at % chosen.length] ?? '/'))) kept++;
    });
    const change = await editor.change();
    const answeredAt = Date.now();
    await repeat(chosen.length, 4, async (at) => {
      const path = chosen[at] ?? '/';
      for (;;) {
        const askedAt = Date.now();
        const [there, itself] = [await askCloudflare(path), await askGhost(path)];
        if (comparable(there) === comparable(itself)) {
          took.push(askedAt - answeredAt);
          return;
        }
        if (askedAt - answeredAt > STALE_AT_CLOUDFLARE_MS) {
          old.push(`${path} after the editor ${change}`);
          return;
        }
        await delay(200);
      }
    });
  }
  const longest = Math.max(...took) / 1_000;
  console.log(`${kept} reads from Cloudflare; the last page was fresh after ${longest} s`);
  expect(old).toEqual([]);
  expect(kept).toBeGreaterThan(CHANGES);
});

test('what purges Cloudflare is shut in as the others are, and nobody is told its secrets', async () => {
  const { project } = inject('stack');
  const container = `${project}-cdn-1`;
  const { Config, HostConfig, NetworkSettings } = await inspect(container);
  expect([Config.User, HostConfig.CapDrop, HostConfig.CapAdd]).toEqual([
    '1000:1000',
    ['ALL'],
    null,
  ]);
  expect([HostConfig.ReadonlyRootfs, HostConfig.Privileged]).toEqual([true, false]);
  const networks = ['egress', 'front', 'watch'].map((name) => `${project}_${name}`);
  expect(Object.keys(NetworkSettings.Networks).sort()).toEqual(networks);
  const told = (await docker(['inspect', container])) + (await docker(['logs', container]));
  for (const name of ['cloudflare_api_token', 'cdn_webhook_secret', 'pages_token']) {
    const secret = await docker(['exec', container, 'cat', `/run/secrets/${name}`]);
    expect([name, secret.length > 20, told.includes(secret)]).toEqual([name, true, false]);
  }
});
