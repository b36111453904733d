import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  type AdminClient,
  bootGhost,
  createAdminClient,
  type GhostInstall,
  lexicalDocument,
  paragraph,
  type RunningGhost,
} from '@prosora/ghost-local';
import { startRecorder } from './recorder.ts';

const run = promisify(execFile);
const ADAPTER_SOURCE = path.resolve(import.meta.dirname, '../../packages/ghost-storage-cloudinary');
/** Not the package's own name: above Ghost's folder lies this repository's link to it. */
const ADAPTER = '@packed/ghost-storage-cloudinary';
const DOMAIN = 'mg.example.org';
const MAIL_DEADLINE_MS = 60_000;

/**
 * What of a Ghost our packages rest on, as sorted lines: whether it takes our adapter, what it asks of Mailgun and of
 * Tinybird, and the files of its Tinybird project.
 *
 * @throws Error when Ghost does not boot with the adapter
 */
export async function portraitOf(install: GhostInstall): Promise<string[]> {
  await using recorder = await startRecorder();
  const { url } = recorder;
  const dir = await mkdtemp(path.join(tmpdir(), 'ghost-check-'));
  try {
    const adapter = path.join(dir, 'content/adapters/storage', ADAPTER);
    await unpackAdapter(adapter, dir);
    const mailgun = { baseUrl: `${url}/v3`, apiKey: 'key', domain: DOMAIN };
    await using ghost = await bootGhost({
      install,
      dir,
      config: {
        storage: {
          active: ADAPTER,
          [ADAPTER]: { cloudName: 'cloud', apiKey: '1', apiSecret: 'secret', uploadPrefix: url },
        },
        bulkEmail: { mailgun },
        mail: {
          transport: 'Mailgun',
          from: 'noreply@example.org',
          options: { url, auth: { api_key: 'key', domain: DOMAIN } },
        },
        tinybird: {
          tracker: { endpoint: `${url}/page_hit`, datasource: 'analytics_events' },
          stats: { endpoint: url },
          workspaceId: 'own',
          adminToken: 'x'.repeat(32),
        },
      },
    });
    await ask(ghost, recorder.asked);
    return [
      await adapterLine(ghost),
      ...(await datafileLines(install)),
      ...[...recorder.asked].map((line) => `asks: ${line}`),
    ].sort();
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Has Ghost do what makes it ask: a sign-in mail, a newsletter, a look for events, the charts. */
async function ask(ghost: RunningGhost, asked: ReadonlySet<string>): Promise<void> {
  const admin = createAdminClient(ghost);
  await admin.setup();
  const member = await admin.members.add({ email: 'reader@example.org', name: 'Reader' });
  const [newsletter] = await admin.newsletters.browse();
  const post = await admin.posts.add({
    title: 'News',
    lexical: lexicalDocument(paragraph('News.')),
  });
  await admin.posts.publish(post.id, { newsletter: newsletter?.slug ?? '' });
  const deadline = performance.now() + MAIL_DEADLINE_MS;
  while (![...asked].some((line) => line.includes('o:tag') || line.includes('v:'))) {
    if (performance.now() > deadline) throw new Error('Ghost sent no newsletter to Mailgun.');
    await setTimeout(100);
  }
  for (const kind of ['newsletters', 'automations', 'gifts'] as const) {
    await ghost.fetchEmailAnalytics(kind);
  }
  await charts(admin, post);
  await admin.request('DELETE', `members/${member.id}/suppression`).catch(() => undefined);
}

/** The routes of Ghost's stats API. Of one that is not there, or answers no, it matters what was asked before. */
async function charts(admin: AdminClient, { id, uuid }: { id: string; uuid: string }) {
  const query = { date_from: '2026-01-01', date_to: '2026-02-01', timezone: 'Etc/UTC' };
  const paths = ['top-content', 'top-posts-views', 'newsletter-stats', `posts/${id}/stats`];
  for (const chart of paths) await admin.stats(chart, query).catch(() => undefined);
  const json = { postUuids: [uuid] };
  await admin.request('POST', 'stats/posts-visitor-counts', { json }).catch(() => undefined);
}

async function unpackAdapter(adapter: string, dir: string): Promise<void> {
  await mkdir(adapter, { recursive: true });
  await run('npm', ['run', 'build', '--silent'], { cwd: ADAPTER_SOURCE });
  const packed = await run('npm', ['pack', '--json', '--pack-destination', dir], {
    cwd: ADAPTER_SOURCE,
  });
  const tarball = path.join(dir, JSON.parse(packed.stdout)[0].filename);
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', adapter]);
}

async function adapterLine({ dir, mode }: RunningGhost): Promise<string> {
  const words = [
    'current/bin/validate-adapters.js',
    '--check-duplicate-deps',
    `storage:${ADAPTER}`,
  ];
  const env = { ...process.env, NODE_ENV: mode };
  try {
    await run(process.execPath, words, { cwd: dir, env });
    return 'adapter: valid';
  } catch (error) {
    return `adapter: ${String((error as { stderr?: string }).stderr)
      .trim()
      .split('\n')
      .at(-1)}`;
  }
}

async function datafileLines({ dir }: GhostInstall): Promise<string[]> {
  const project = path.join(dir, 'core/server/data/tinybird');
  const files = await readdir(project, { recursive: true });
  const datafiles = files.filter((file) => /\.(datasource|pipe)$/.test(file));
  return await Promise.all(
    datafiles.map(async (file) => {
      const hash = createHash('sha256').update(await readFile(path.join(project, file)));
      return `datafile: ${file} ${hash.digest('hex').slice(0, 12)}`;
    }),
  );
}
