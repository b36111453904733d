import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** How long lines are kept, and how many of them. */
export interface Keeping {
  days: number;
  bytes: number;
}

/** A line with where it comes from. */
export interface KeptLine {
  /** The container. */
  id: string;
  service: string;
  /** When Docker took it, as an ISO time with nanoseconds. */
  time: string;
  text: string;
}

/** What is sure: whoever was killed goes on from here. */
interface State {
  /** The times of the last lines of each container that were kept, by its id. */
  containers: Record<string, string[]>;
  /** Files that are not packed yet, and how much of each is sure. */
  files: Record<string, { bytes: number; isClosed: boolean }>;
}

/** `mail/2026-11-30.1.log`, with `.gz` once it is packed. */
const NAME = /^(?<service>[^/]+)\/(?<day>\d{4}-\d\d-\d\d)\.(?<number>\d+)\.log(?<packed>\.gz)?$/;
const STATE = 'state.json';
/** What is written, and has its name only once it is whole. */
const NEW = '.new';
/** Docker's two streams may swap lines of one moment. */
const LAST_TIMES = 16;
/** A file is closed at this part of all that may be kept, so that removing whole files is enough. */
const PARTS = 32;
const DAY_MS = 86_400_000;

/** A folder of kept lines; a call that writes is awaited before the next. */
export type KeptFiles = Awaited<ReturnType<typeof openKeptFiles>>;

/**
 * Opens a folder of lines, a file a service and day, and takes back what was written and is not sure.
 *
 * @throws what the file system throws
 */
export async function openKeptFiles(folder: string, keeping: Keeping) {
  const at = (path: string): string => join(folder, path);
  let state = await mended(folder);

  return {
    /** The time from which on a container's lines are asked for. */
    since: (id: string): string | undefined => state.containers[id]?.[0],
    has: (id: string, time: string): boolean => state.containers[id]?.includes(time) ?? false,
    add,
    forgetBut,
    care,
    async look(): Promise<{ bytes: number; oldest: string | undefined }> {
      const files = await filesIn(folder);
      return { bytes: sum(files), oldest: files[0]?.day };
    },
  };

  async function keep(next: State): Promise<void> {
    await writeFile(at(STATE + NEW), JSON.stringify(next));
    await rename(at(STATE + NEW), at(STATE));
    state = next;
  }

  /** Keeps all of these lines or none. */
  async function add(batch: readonly KeptLine[]): Promise<void> {
    const next = structuredClone(state);
    const ofDays = Map.groupBy(batch, ({ service, time }) => `${service}/${time.slice(0, 10)}`);
    for (const [place, lines] of ofDays) {
      const path = await openFileOf(next, place);
      const file = next.files[path] ?? { bytes: 0, isClosed: false };
      const text = Buffer.from(lines.map((line) => `${line.time} ${line.text}\n`).join(''));
      await using handle = await open(at(path), 'a', 0o640);
      await handle.truncate(file.bytes);
      await handle.appendFile(text);
      const bytes = file.bytes + text.length;
      next.files[path] = { bytes, isClosed: bytes > keeping.bytes / PARTS };
    }
    for (const { id, time } of batch) {
      next.containers[id] = [...(next.containers[id] ?? []).slice(1 - LAST_TIMES), time];
    }
    await keep(next);
  }

  /** The file of a service and day that is not closed, or the name of its next. */
  async function openFileOf({ files }: State, place: string): Promise<string> {
    const isOf = (path: string): boolean => path.startsWith(`${place}.`);
    const path = Object.keys(files).find((path) => isOf(path) && !files[path]?.isClosed);
    if (path) return path;
    await mkdir(join(at(place), '..'), { recursive: true });
    const last = (await filesIn(folder)).findLast((file) => isOf(file.path));
    return `${place}.${(last?.number ?? 0) + 1}.log`;
  }

  /** Forgets how far the logs of containers were read that are gone. */
  async function forgetBut(ids: ReadonlySet<string>): Promise<void> {
    const known = Object.entries(state.containers);
    const left = known.filter(([id]) => ids.has(id));
    if (left.length < known.length) await keep({ ...state, containers: Object.fromEntries(left) });
  }

  /** Removes what is too old or too much, and packs what is full or of a day that is over. */
  async function care(now: Date): Promise<void> {
    await forgetFiles(tooMuch(await filesIn(folder), now));
    const today = now.toISOString().slice(0, 10);
    for (const path of Object.keys(state.files)) {
      const file = state.files[path];
      if (!file?.isClosed && !(dayOf(path) < today)) continue;
      await pipeline(
        createReadStream(at(path), { end: Number(file?.bytes) - 1 }),
        createGzip(),
        createWriteStream(at(`${path}.gz${NEW}`), { mode: 0o640 }),
      );
      await rename(at(`${path}.gz${NEW}`), at(`${path}.gz`));
      await forgetFiles([path]);
    }
  }

  /** The service that has the most loses its oldest first: a flood of one does not take the others' days. */
  function tooMuch(files: KeptFile[], now: Date): string[] {
    const first = new Date(now.getTime() - keeping.days * DAY_MS).toISOString().slice(0, 10);
    const gone = files.filter(({ day }) => day < first);
    let left = files.filter(({ day }) => day >= first);
    while (sum(left) > keeping.bytes) {
      const services = [...Map.groupBy(left, ({ service }) => service).values()];
      const oldest = services.sort((a, b) => sum(b) - sum(a))[0]?.[0];
      if (!oldest) break;
      gone.push(oldest);
      left = left.filter((file) => file !== oldest);
    }
    return gone.map(({ path }) => path);
  }

  async function forgetFiles(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    const left = Object.entries(state.files).filter(([path]) => !paths.includes(path));
    await keep({ ...state, files: Object.fromEntries(left) });
    for (const path of paths) await rm(at(path), { force: true });
  }
}

interface KeptFile {
  path: string;
  service: string;
  day: string;
  number: number;
  bytes: number;
}

/** From the oldest on. */
async function filesIn(folder: string): Promise<KeptFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: KeptFile[] = [];
  for (const { parentPath, name } of entries) {
    const path = relative(folder, join(parentPath, name));
    const { service = '', day = '', number } = NAME.exec(path)?.groups ?? {};
    if (!number) continue;
    const { size: bytes } = await stat(join(folder, path));
    files.push({ path, service, day, number: Number(number), bytes });
  }
  return files.sort((a, b) => a.day.localeCompare(b.day) || a.number - b.number);
}

const dayOf = (path: string): string => NAME.exec(path)?.groups?.['day'] ?? '';
const sum = (files: readonly KeptFile[]): number =>
  files.reduce((bytes, file) => bytes + file.bytes, 0);

/** What a power cut left unreadable is nothing: Docker's own lines are read from their beginning. */
function parsed(text: string): State {
  try {
    return JSON.parse(text) as State;
  } catch {
    return { containers: {}, files: {} };
  }
}

/** What the last one was sure of, with the folder brought to it. */
async function mended(folder: string): Promise<State> {
  const former = await readFile(join(folder, STATE), 'utf8').catch(() => '');
  const { containers, files } = parsed(former);
  const there = new Map((await filesIn(folder)).map((file) => [file.path, file]));
  for (const path of there.keys()) {
    if (path.endsWith('.log') && !(path in files)) await rm(join(folder, path));
  }
  // After a power cut a file may have less than was believed to be sure.
  const left = Object.entries(files).filter(([path]) => there.has(path));
  const sure = left.map(([path, { bytes, isClosed }]) => [
    path,
    { isClosed, bytes: Math.min(bytes, there.get(path)?.bytes ?? 0) },
  ]);
  return { containers, files: Object.fromEntries(sure) };
}
