import { type Finding, fail, judge, ok } from '@prosora/service';
import { counted } from '../services/telling.ts';
import { keepCare, readCare } from '../stack/care-files.ts';
import { compose, docker, projectIn } from '../stack/compose.ts';

/** One look at the disk, in bytes. */
export interface DiskLook {
  /** As an ISO time. */
  at: string;
  free: number;
  /** What each volume holds, by its name in the stack's file. */
  volumes: Record<string, number>;
}

const GB = 2 ** 30;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** MySQL, SQLite and ClickHouse need room to rewrite what they have. */
const LEAST_FREE = 2 * GB;
const SOON_DAYS = 14;
/** Two weeks of a look an hour. */
const MOST_LOOKS = 336;
const FILE = 'disk.json';

/** How much room there is, how long it will do by what former looks saw, and what takes it. */
export async function* examineDisk(dir: string): AsyncGenerator<Finding> {
  const look = await lookAt(dir);
  const looks = remember(dir, look);
  const days = daysLeft(looks);
  const free = `${(look.free / GB).toFixed(1)} GB are free`;
  const pace =
    days === undefined
      ? ''
      : `, enough for ${counted(Math.floor(days), 'day')} at the present pace`;
  const sentence = `${free}${pace}.`;
  const remedy =
    'Enlarge the disk, or see below what grows; `docker image prune` frees former versions.';
  yield look.free < LEAST_FREE
    ? fail('disk', sentence, remedy)
    : judge('disk', !(Number(days) < SOON_DAYS), { ok: sentence, warn: sentence, remedy });
  const largest = Object.entries(look.volumes)
    .sort(([, a], [, b]) => b - a)
    .filter(([, size]) => size > 1e6)
    .map(([name, size]) => `${name} ${Math.round(size / 1e6)} MB`);
  yield ok('volumes', `They hold ${largest.join(', ') || 'next to nothing'}.`);
}

/** In days, at the pace between the first look and the last; undefined where they tell nothing of it. */
export function daysLeft(looks: readonly DiskLook[]): number | undefined {
  const [first, last] = [looks[0], looks.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const days = (Date.parse(last.at) - Date.parse(first.at)) / DAY_MS;
  const taken = first.free - last.free;
  return days >= 1 && taken > 0 ? (last.free / taken) * days : undefined;
}

async function lookAt(dir: string): Promise<DiskLook> {
  // From within a container, since the command may run in one of its own.
  const df = await compose(dir, ['exec', '-T', 'caddy', 'df', '-Pk', '/data']);
  const [, , , kilobytes] = (df.trim().split('\n').at(-1) ?? '').split(/\s+/);
  const usage = JSON.parse(await docker(dir, ['system', 'df', '--verbose', '--format', 'json']));
  const sizeOf = (volume: string): number =>
    bytesOf(usage.Volumes.find(({ Name }: { Name: string }) => Name === volume)?.Size ?? '0B');
  const volumes = Object.entries((await projectIn(dir)).volumes);
  return {
    at: new Date().toISOString(),
    free: Number(kilobytes) * 1024,
    volumes: Object.fromEntries(volumes.map(([short, { name }]) => [short, sizeOf(name)])),
  };
}

/** As Docker writes them: `184.3MB`, with thousands. */
function bytesOf(size: string): number {
  const [, number = '0', unit = 'B'] = /^([\d.]+)(\w+)$/.exec(size) ?? [];
  return Number(number) * 1000 ** Math.max(['B', 'kB', 'MB', 'GB', 'TB'].indexOf(unit), 0);
}

/** Adds a look to those before, one an hour at most. */
function remember(dir: string, look: DiskLook): DiskLook[] {
  const former = readCare<DiskLook[]>(dir, FILE) ?? [];
  const last = former.at(-1);
  if (last && Date.parse(look.at) - Date.parse(last.at) < HOUR_MS) return [...former, look];
  const looks = [...former, look].slice(-MOST_LOOKS);
  keepCare(dir, FILE, looks);
  return looks;
}
