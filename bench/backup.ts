import { bareBackup, bareRestore } from './backup/bare.ts';
import { changeOnePercent, fill } from './backup/fill.ts';
import { whileReading } from './backup/readers.ts';
import { bringUpSite, type Site } from './backup/site.ts';
import type { Figure } from './figure.ts';

/** Of a site with 1 GB of posts, 100,000 members and 1,000,000 page views. */
export async function run(): Promise<Figure[]> {
  await using site = await bringUpSite('prosora-bench', { http: 19_080, https: 19_443 });
  await fill(site);
  // A site that was just started is slower than one at rest.
  await whileReading(site, 10);
  const atRest = await whileReading(site, 20);
  // Ours meets readers too.
  const bare = await whileReading(site, () => bareBackup(site));
  const taken = await whileReading(site, () => site.prosora('backup', 'now'));
  const [tookAll, tookDatabase] = [taken.seconds, secondsUntil(taken.result, 'database is kept')];
  const size = await site.repositoryMb();
  await changeOnePercent(site);
  await site.prosora('backup', 'now');
  const grown = (await site.repositoryMb()) - size;
  const restored = await site.prosora('restore', '--only', 'database');
  const restoredIn = secondsUntil(restored, 'database is in its place');
  const bareLoaded = await bareRestore(site);
  const elsewhere = await fromNothing(site);
  return [
    {
      name: 'database into the repository',
      value: tookDatabase,
      unit: 's',
      yardstick: { name: 'mysqldump | restic', value: bare.result },
      budget: { description: 'at least 90 % as fast', met: tookDatabase <= bare.result / 0.9 },
    },
    { name: 'a whole backup, the first', value: tookAll, unit: 's' },
    {
      name: 'front page meanwhile, p99',
      value: taken.p99Ms,
      unit: 'ms',
      yardstick: { name: 'while mysqldump | restic runs', value: bare.p99Ms },
      budget: { description: 'at most 1.3 times', met: taken.p99Ms <= 1.3 * bare.p99Ms },
    },
    { name: 'front page at rest, p99', value: atRest.p99Ms, unit: 'ms' },
    { name: 'repository, after the first', value: size, unit: 'MB' },
    { name: 'growth, 1 % of posts changed', value: grown, unit: 'MB' },
    {
      name: 'database out of the repository',
      value: restoredIn,
      unit: 's',
      yardstick: { name: 'restic dump to a file, mysql < file', value: bareLoaded },
      budget: {
        description: 'at least 90 % as fast',
        met: restoredIn <= bareLoaded / 0.9,
      },
    },
    {
      name: 'from an empty server to the first page',
      value: elsewhere / 60,
      unit: 'min',
      budget: { description: 'at most 5 min', met: elsewhere <= 300 },
    },
  ];
}

/** Between what the command told of, by how it begins, and what it told before. */
function secondsUntil(lines: readonly { text: string; atMs: number }[], what: string): number {
  const told = lines.findIndex(({ text }) => text.startsWith(what));
  const [before, after] = [lines[told - 1], lines[told]];
  if (!before || !after) throw new Error(`The command did not say "${what}".`);
  return (after.atMs - before.atMs) / 1_000;
}

/** A second site, of which there is nothing but the files of the stack and the address of the backups. */
async function fromNothing(site: Site): Promise<number> {
  await using other = await site.empty('prosora-bench-other', { http: 19_081, https: 19_444 });
  const startedAt = performance.now();
  await other.prosora('restore', '--from', site.repository, '--site', site.project);
  await other.firstPage();
  return (performance.now() - startedAt) / 1_000;
}
