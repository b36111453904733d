import {
  type Finding,
  type Handlers,
  numbersOf,
  ProsoraError,
  type ReadinessCheck,
  type Registry,
} from '@prosora/service';
import { type DoctorOptions, examine } from '../doctor/examine.ts';
import type { DeadLetter } from '../send/dead-letters.ts';
import { findLetter, lettersAfter, type PlacedLetter } from '../send/lane-dead-letters.ts';
import { type ReplayOptions, replay } from '../send/replay.ts';
import { laneDirsIn, spoolBytesIn } from '../spool/data-dir.ts';
import { clockDoubtIn, trustClockIn } from '../visitor/clock.ts';
import type { operations } from './operations.ts';
import { tinybirdOf } from './upstream.ts';

type CollectorHandlers = Handlers<typeof operations>;
type ReplayInput = Parameters<CollectorHandlers['replay']>[0];

/** What a collector that runs knows of itself. */
export interface RunningCollector {
  metrics: Registry;
  checks: Record<string, ReadinessCheck>;
}

/** A letter may hold a whole batch, and a page of them would not fit into memory. */
const PAGE_BYTES = 2 ** 20;
/** With the longest wait for the upstream after it, well within the minute that a client waits. */
const REPLAY_MS = 10_000;

/** What a running collector does for an operator. */
export function createHandlers(
  options: DoctorOptions,
  { metrics, checks }: RunningCollector,
): CollectorHandlers {
  const { dataDir } = options;
  return {
    async status() {
      return {
        ...(await numbersOf(metrics, checks)),
        spools: laneDirsIn(dataDir).map((folder) => ({ folder, bytes: spoolBytesIn(folder) })),
        clock: (await clockDoubtIn(dataDir)) ?? null,
      };
    },
    async doctor() {
      const findings: Finding[] = [];
      for await (const finding of examine(options)) findings.push(finding);
      return { findings };
    },
    ...createFolderHandlers(dataDir),
    replay: createReplay(dataDir, (datasource) => tinybirdOf(options, datasource)),
  };
}

/** What needs nothing but the data folder. */
export function createFolderHandlers(dataDir: string) {
  return {
    'dead-letters': ({ limit, after }) => {
      const items: DeadLetter[] = [];
      let bytes = 0;
      let last: string | undefined;
      for (const { key, letter } of lettersAfter(dataDir, after)) {
        if (items.length === limit || bytes >= PAGE_BYTES) return { items, next: last ?? null };
        items.push(letter);
        bytes += JSON.stringify(letter).length;
        last = key;
      }
      return { items, next: null };
    },
    'dead-letter': ({ batch }) => found(dataDir, batch).letter,
    'trust-clock': async () => ({ isHeard: await trustClockIn(dataDir) }),
  } satisfies Partial<CollectorHandlers>;
}

/**
 * Replays, one call at a time: whoever asks while another does waits, and finds what that one left. Each call ends
 * after a page or ten seconds, so that it takes no longer however much there is, and its caller goes on.
 */
export function createReplay(
  dataDir: string,
  tinybirdFor: ReplayOptions['tinybirdFor'],
): CollectorHandlers['replay'] {
  let last: Promise<unknown> = Promise.resolve();
  const run = async ({ batch, anyway, limit, after }: ReplayInput) => {
    const endMs = performance.now() + REPLAY_MS;
    const items: { batch: string; hits: number; stays: string | null }[] = [];
    const letters: Iterable<PlacedLetter> =
      batch === undefined ? lettersAfter(dataDir, after) : [found(dataDir, batch)];
    let done: string | undefined;
    for (const placed of letters) {
      const isOver = items.length === limit || performance.now() > endMs;
      if (done !== undefined && isOver) return { items, next: done };
      const stays = await replay(placed, { tinybirdFor, anyway });
      const { batch, rows } = placed.letter;
      items.push({ batch, hits: rows.length, stays: stays ?? null });
      done = placed.key;
    }
    return { items, next: null };
  };
  return (input) => {
    const result = last.then(() => run(input));
    last = result.catch(() => {});
    return result;
  };
}

function found(dataDir: string, batch: string): PlacedLetter {
  const letter = findLetter(dataDir, batch);
  if (letter) return letter;
  throw new ProsoraError('NOT_FOUND', `There is no dead letter ${batch}.`);
}
