import { setTimeout as wait } from 'node:timers/promises';
import { findingLine, type ProsoraError, verb } from '@prosora/service';
import { examineBackups } from '../doctor/examine-backups.ts';
import { stackOptions } from '../options.ts';
import { readNotes } from '../repository/notes.ts';
import { clientOf, ofEvery, SERVICES } from '../services/operator.ts';
import { notesOfOps } from '../services/ops.ts';
import { notesOfPages } from '../services/pages.ts';
import { TELLING } from '../services/telling.ts';
import { type Container, containersOf, docker, jsonLines } from '../stack/compose.ts';

const WATCH_MS = 2_000;
const CLEAR_SCREEN = '\u001b[2J\u001b[H';

/** One service on the screen. */
interface Line {
  service: string;
  /** `healthy`, or how its container is. */
  state: string;
  /** Its image, by name and tag. */
  image: string;
  /** As Docker counts it: `182.4MiB`. */
  memory: string;
  /** What a person wants to know of it: what waits, what was given up, what keeps it from its work. */
  notes: string[];
}

export const status = verb({
  help: 'Shows every service: how it is, its memory, and what waits in it',
  flags: { watch: { type: 'boolean', help: 'Show it anew every two seconds' } },
  needs: stackOptions,
  async run({ flags, options: { dir }, show, showEach }) {
    const screen = (lines: Line[]) => [...table(lines), ...backupLines(dir)];
    if (flags.watch) await showEach(looks(dir), (lines) => [CLEAR_SCREEN, ...screen(lines)]);
    const lines = await look(dir);
    show(lines, screen);
    return lines.length > 0 && lines.every(({ state }) => state === 'healthy') ? 0 : 1;
  },
});

async function* looks(dir: string): AsyncGenerator<Line[]> {
  for (; ; await wait(WATCH_MS)) yield await look(dir);
}

async function look(dir: string): Promise<Line[]> {
  const containers = (await containersOf(dir)).filter(
    ({ state, exitCode }) => state === 'running' || exitCode !== 0,
  );
  const memory = await memoryOf(dir, containers);
  return await Promise.all(
    containers.map(async ({ id, service, image, state, health }) => ({
      service,
      image,
      state: health || state,
      memory: memory.get(id.slice(0, 12)) ?? '',
      notes: state === 'running' ? await notesOf(dir, service) : [],
    })),
  );
}

async function memoryOf(
  dir: string,
  containers: readonly Container[],
): Promise<Map<string, string>> {
  const ids = containers.filter(({ state }) => state === 'running').map(({ id }) => id);
  if (ids.length === 0) return new Map();
  const rows = jsonLines(await docker(dir, ['stats', '--no-stream', '--format', 'json', ...ids]));
  return new Map(
    rows.map((row) => [
      String(row['ID']).slice(0, 12),
      String(row['MemUsage']).split(' ')[0] ?? '',
    ]),
  );
}

/** That a service does not answer is a note too. */
async function notesOf(dir: string, service: string): Promise<string[]> {
  try {
    if (service === 'pages') return await notesOfPages(dir);
    if (service === 'ops') return await notesOfOps(dir);
    if (!Object.hasOwn(SERVICES, service)) return [];
    const { failures, metrics } = await (await clientOf(dir, service, ofEvery)).ask('status', {});
    const told = metrics.flatMap(({ name, value }) =>
      value === 0 ? [] : (TELLING[name]?.(value) ?? []),
    );
    return [...failures, ...told];
  } catch (error) {
    return [(error as ProsoraError).message];
  }
}

/** What is known of the backups, which are no service. */
const backupLines = (dir: string): string[] =>
  [...examineBackups(readNotes(dir), new Date())].map(findingLine);

function table(lines: readonly Line[]): string[] {
  if (lines.length === 0) return ['The stack is down: `prosora up` starts it.'];
  return lines.map(({ service, state, memory, image, notes }) =>
    `${service.padEnd(10)} ${state.padEnd(9)} ${memory.padStart(9)}  ${image}  ${notes.join('; ')}`.trim(),
  );
}
