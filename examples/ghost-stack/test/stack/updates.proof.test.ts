import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { askEdge } from './edge.ts';
import {
  makeForeignGhost,
  makeGhost,
  type NewerGhost,
  push,
  type Registry,
} from './newer-ghosts.ts';
import { prosora, prosoraHeard } from './prosora.ts';
import { pushRelease, releaseOf } from './releases.ts';
import {
  addMember,
  ghostVersion,
  members,
  prepareUpdates,
  siteNow,
  tables,
  type Updates,
  whileReading,
} from './site-in-update.ts';
import { containerOf, docker, sql } from './stack.ts';
import { throwawayDaemon } from './throwaway-daemon.ts';
import { startUnsteadyRegistry } from './unsteady-registry.ts';

const { project } = inject('stack');
const daemon = throwawayDaemon();
const LIMIT = { timeout: 900_000 };
/** For what is no Ghost. */
const WATCH = { UPDATE_WATCH_MINUTES: '0.3' };
const UNTOUCHED = 'was not taken; the site was not touched.';
const BACK = 'The former images come back.';

let updates: Updates;
let registry: Registry;
let withNewer: Record<string, string>;
beforeAll(async () => {
  updates = await prepareUpdates();
  ({ registry, withNewer } = updates);
});
afterAll(async () => {
  // What the last rehearsal left to be looked at.
  const ofRehearsal = ['--filter', `label=com.docker.compose.project=${project}-rehearsal`];
  for (const [kind, words] of [
    ['container', ['ls', '--all']],
    ['volume', ['ls']],
    ['network', ['ls']],
  ] as const) {
    const left = (await docker([kind, ...words, '--quiet', ...ofRehearsal])).split('\n');
    if (left[0]) await docker([kind, 'rm', ...(kind === 'network' ? [] : ['--force']), ...left]);
  }
  await updates.end();
});

/** Asks for an update, which has to end with the site as it was and every reader answered. */
async function untouched(why: RegExp, more = withNewer, ends = 1): Promise<void> {
  const before = await siteNow();
  const [{ code, output }, others] = await whileReading(prosora(['update'], more));
  console.log(output);
  expect(output).toMatch(why);
  const site = await siteNow();
  expect({ code, others, site }).toEqual({ code: ends, others: [], site: before });
}

test.each<[string, Omit<NewerGhost, 'version'>, RegExp]>([
  ['does not start', { fault: 'ends at once' }, /Ghost does not start there/],
  [
    'dies amid its migration',
    { migrates: true, fault: 'ends amid its migration' },
    /Ghost does not start there/,
  ],
  ['leaks until it is killed', { fault: 'leaks' }, new RegExp(UNTOUCHED)],
  ['hangs', { fault: 'hangs' }, /Ghost does not start there/],
])('a Ghost that %s is refused where nobody sees it', LIMIT, async (_, ghost, why) => {
  await makeGhost(registry, { version: '6.66.0', ...ghost });
  await untouched(why);
  const [status] = (
    await docker(['inspect', '--format', '{{json .State}}', `${project}-rehearsal-ghost-1`])
  ).split('\n');
  // It stays to be looked at.
  console.log(status);
});

test('an image for another kind of processor is not taken', LIMIT, async () => {
  await makeForeignGhost(registry, '6.66.0');
  await untouched(/6\.65\.0 → 6\.66\.0\. It is for another kind of processor\./, withNewer, 0);
});

test(
  'a registry that goes away amid an image is told of, and the next update takes it whole',
  LIMIT,
  async () => {
    await makeGhost(registry, { version: '6.67.0', weightMb: 8 });
    const unsteady = await startUnsteadyRegistry(registry, async () => 'gone');
    await untouched(new RegExp(UNTOUCHED), {
      ...withNewer,
      GHOST_IMAGE: `${unsteady.address}/ghost:6-alpine`,
    });
    expect(unsteady.times).toBeGreaterThan(0);
    await unsteady[Symbol.asyncDispose]();
    expect((await prosora(['update'], withNewer)).output).toContain('ghost 6.67.0');
    expect(await ghostVersion()).toBe('6.67.0');
  },
);

if (daemon) {
  test(
    'a disk that is full amid an image is told of, and one without room for two is not filled',
    LIMIT,
    async () => {
      await makeGhost(registry, { version: '6.68.0', weightMb: 64 });
      await using unsteady = await startUnsteadyRegistry(registry, async () => {
        await daemon.fill(24);
        return 'goes on';
      });
      await untouched(/no space left on device/, {
        ...withNewer,
        GHOST_IMAGE: `${unsteady.address}/ghost:6-alpine`,
      }).finally(() => daemon.fill(undefined));
      expect(unsteady.times).toBeGreaterThan(0);
      await daemon.fill(2_000);
      await untouched(/New images take up to [\d.]+ GB, and [\d.]+ GB are free/).finally(() =>
        daemon.fill(undefined),
      );
    },
  );
}

/** Takes a Ghost that fails on the site alone, and has to go back from it. */
async function undone(during: (line: string) => void): Promise<string> {
  const [former, schema] = [await ghostVersion(), await tables()];
  const at: Record<'seen' | 'back' | 'end', number> = { seen: 0, back: 0, end: 0 };
  const run = prosoraHeard(['update'], withNewer, (line) => {
    if (line.endsWith(BACK)) at.seen = performance.now();
    if (line === 'ghost runs on the former image.') at.back = performance.now();
    during(line);
  });
  const [{ code, output }, others] = await whileReading(run);
  at.end = performance.now();
  console.log(output);
  expect((await askEdge(`/?undone=${Date.now()}`)).status).toBe(200);
  expect({ code, others }).toEqual({ code: 1, others: [] });
  expect(output).toMatch(/Update \d+ was undone: the former images are back/);
  expect(await ghostVersion()).toBe(former);
  expect(await tables()).toBe(schema);
  expect(await sql('SELECT locked FROM migrations_lock')).toBe('0');
  const seconds = (until: number) => ((until - at.seen) / 1_000).toFixed(1);
  console.log(
    `The former Ghost answered ${seconds(at.back)} s after the failure was seen; all was over after ${seconds(at.end)} s.`,
  );
  return output;
}

test(
  'one that dies amid its migration on the site alone is undone, and what was written until then is there',
  LIMIT,
  async () => {
    await makeGhost(registry, {
      version: '6.70.0',
      migrates: true,
      fault: 'ends amid its migration',
      onSite: true,
    });
    let written: Promise<unknown> | undefined;
    await undone((line) => {
      if (line.startsWith('✔ ghost:')) written = addMember('while-it-was-rehearsed');
    });
    await written;
    expect(await members()).toEqual(['while-it-was-rehearsed']);
  },
);

test(
  'one that dies while the site is watched is undone, and what came since is in a file',
  LIMIT,
  async () => {
    await makeGhost(registry, {
      version: '6.71.0',
      migrates: true,
      fault: 'ends later',
      onSite: true,
    });
    let written: Promise<unknown> | undefined;
    const output = await undone((line) => {
      if (line.startsWith('The site is watched')) written = addMember('while-it-was-watched');
    });
    await written;
    expect(await members()).toEqual(['while-it-was-rehearsed']);
    const [, file = ''] = /1 members\. They are in (\S+\.json)/.exec(output) ?? [];
    expect(await readFile(file, 'utf8')).toContain('while-it-was-watched');
  },
);

test('a newer Varnish is tried without a Ghost, and takes its place alone', LIMIT, async () => {
  const image = `${registry.address}/varnish:7.7`;
  await push(image, 'FROM varnish:7.7\nENV VARNISH_VERSION=7.7.99\nRUN touch /tmp/newer\n');
  const before = await siteNow();
  const env = { ...WATCH, UPDATES: 'auto', VARNISH_IMAGE: image };
  const [{ code, output }, others] = await whileReading(prosora(['update', '--unattended'], env));
  console.log(output);
  expect({ code, others }).toEqual({ code: 0, others: [] });
  expect(output).toContain('✔ pages: It starts');
  expect(output).not.toContain('✔ ghost:');
  // What runs once and ends, such as what makes a certificate, runs again with whatever needs it.
  const hasRun = (each: string) =>
    before.some((then) => then.startsWith(`${each.split(' ')[0]} running `));
  const touched = (await siteNow()).filter((each) => !before.includes(each) && hasRun(each));
  expect(touched).toEqual([expect.stringContaining(containerOf('pages'))]);
  expect((await prosora(['rollback'], env)).code).toBe(0);
});

test(
  'a release is taken whole, and the next one goes back whole where its second service is bad',
  LIMIT,
  async () => {
    const imagesOf = async () =>
      await docker([
        'inspect',
        '--format',
        '{{.Image}}',
        containerOf('mail'),
        containerOf('webhooks'),
      ]);
    const first = await releaseOf(registry, '1.0.0');
    expect(await prosora(['up'], first)).toMatchObject({ code: 0 });
    const former = await imagesOf();
    const second = await pushRelease(registry, '1.1.0', {
      mail: 'LABEL release=1.1.0',
      webhooks: 'LABEL release=1.1.0',
    });
    const [good, others] = await whileReading(prosora(['update'], { ...WATCH, ...second }));
    console.log(good.output);
    expect({ code: good.code, others }).toEqual({ code: 0, others: [] });
    const taken = await imagesOf();
    expect(taken).not.toBe(former);
    // Where nobody sees it there is no edge.
    const bad = 'wget -q -T 3 -O /dev/null http://caddy:2020/health && exit 1; exec prosora-stripe';
    const third = await pushRelease(registry, '1.2.0', {
      mail: 'LABEL release=1.2.0',
      webhooks: `CMD ["sh", "-c", "${bad}"]`,
    });
    const [undone, sentAway] = await whileReading(prosora(['update'], { ...WATCH, ...third }));
    console.log(undone.output);
    expect(undone.output).toContain('mail runs on the new image.');
    expect(undone.output).toContain('webhooks does not come up');
    expect({ code: undone.code, sentAway }).toEqual({ code: 1, sentAway: [] });
    expect(await imagesOf()).toBe(taken);
    expect(await prosora(['up'])).toMatchObject({ code: 0 });
  },
);
