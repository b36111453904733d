import { setTimeout as delay } from 'node:timers/promises';
import type { EventsOutcome, TinybirdEvents } from '@prosora/service';
import type { Checkpoint, Progress } from '../spool/checkpoint.ts';
import { joinRows, readFrames, wholeLinesLength } from '../spool/frame.ts';
import { orderOf, readSegment, type Segment } from '../spool/segment.ts';
import type { Spool } from '../spool/spool.ts';
import { type DeadLetter, writeDeadLetter } from './dead-letters.ts';

/** What sending takes. */
export interface SenderOptions {
  spool: Spool;
  tinybird: TinybirdEvents;
  checkpoint: Checkpoint;
  deadLettersFile: string;
  /** A batch is cut when this much waits, */
  batchBytes: number;
  /** or this long after its first row. */
  batchMs: number;
  /** Ends when all is sent, as nothing is added any more. (Default: false) */
  endsWhenEmpty?: boolean;
  /** Whether a dead letter is all that there is of its rows, whatever its kind. (Default: false) */
  keepsLettersFirst?: boolean;
  /** Longest wait after the first failure; it doubles with each further one. (Default: 500) */
  backoffMs?: number;
  /** Longest wait of all. (Default: 60,000) */
  backoffCapMs?: number;
  /** A number from 0 up to 1. (Default: `Math.random`) */
  random?: () => number;
  /** Hears what became of each batch that was sent. */
  onOutcome?: (outcome: EventsOutcome, batch: SentBatch) => void;
  /** Hears of a disk that fails; sending goes on after a wait. */
  onFault?: (error: unknown) => void;
  /** Hears of lines that a crash left behind. */
  onDamage?: (segment: string, lines: number) => void;
}

/** A batch as it went out. */
export interface SentBatch {
  /** `segment:from-to`, in bytes; the same name always means the same rows. */
  name: string;
  rows: number;
  /** Whether it may be there already: an answer to it was lost, or it is part of a batch that may. */
  mayBeDouble: boolean;
  /** Whether it was not taken and its halves are sent. */
  isHalved: boolean;
}

/** Sends what is in the spool, in order, one batch at a time. */
export interface Sender {
  /** Begins. */
  start(): void;
  /** Resolves when it sends no more. */
  ended(): Promise<void>;
  /** Sends what is left without waiting for more, for up to this long, then gives up until next time. */
  stop(graceMs: number): Promise<void>;
}

/**
 * A view that refuses so many rows in a row refuses all: at Tinybird each part of a batch that is sent again is in
 * the data source once more.
 */
const BROKEN_VIEW_ROWS = 3;

/** Creates the sender of a spool, which goes on where the checkpoint says. */
export function createSender(options: SenderOptions): Sender {
  const { spool, tinybird, checkpoint, batchBytes, batchMs } = options;
  const { backoffMs = 500, backoffCapMs = 60_000, random = Math.random } = options;
  const ended = new AbortController();
  const draining = new AbortController();
  let failures = 0;
  /** Rows that stood alone and that a view refused, one after the other. */
  let refusedByViews = 0;
  /**
   * Rows that may have been written though nobody said so: of this segment, before this byte. After a start
   * all that was planned may.
   */
  let doubt = { segment: checkpoint.progress.segment, to: checkpoint.progress.cuts.at(-1) ?? 0 };
  let running: Promise<void> | undefined;
  /**
   * One batch after the other lies here: V8 lets tens of megabytes of such garbage gather, as it is small
   * by the objects that it counts.
   */
  let memory = Buffer.alloc(0);
  const read = async (segment: Segment, from: number, to: number): Promise<Buffer> => {
    const size = Math.max(0, to - from);
    if (memory.length < size) memory = Buffer.allocUnsafeSlow(Math.max(size, batchBytes));
    return await readSegment(segment, from, memory.subarray(0, size));
  };

  /** The segment to read from, `undefined` when all is sent. */
  const current = async (): Promise<Segment | undefined> => {
    for (let segment = spool.oldest(); segment; segment = spool.oldest()) {
      const at = checkpoint.progress;
      // Deleted before, and back after a power cut.
      const isOld = orderOf(segment.name) < orderOf(at.segment);
      if (!isOld && segment.name !== at.segment) {
        checkpoint.save({ segment: segment.name, from: 0, cuts: [] });
      }
      if (!isOld && checkpoint.progress.from < segment.size) return segment;
      if (!segment.isSealed) return undefined;
      await spool.removeOldest();
    }
    return undefined;
  };

  const plan = async (segment: Segment): Promise<void> => {
    const at = checkpoint.progress;
    const isShort = segment.size - at.from < batchBytes && !segment.isSealed;
    if (isShort) await delay(batchMs, undefined, { signal: draining.signal }).catch(() => {});
    // A copy of the folder has no more than this plan, or else the plan too.
    await spool.settled();
    const end = segment.size;
    if (end - at.from <= batchBytes) return checkpoint.save({ ...at, cuts: [end] });
    const bytes = await read(segment, at.from, at.from + batchBytes);
    const length = wholeLinesLength(bytes) || bytes.length;
    // A file that is shorter than it was holds nothing more.
    checkpoint.save({ ...at, cuts: [length === 0 ? end : at.from + length] });
  };

  const sendFirst = async (segment: Segment): Promise<void> => {
    const at = checkpoint.progress;
    const [to = at.from, ...cuts] = at.cuts;
    const done: Progress = { ...at, from: to, cuts };
    const bytes = await read(segment, at.from, to);
    const { frames, damaged } = readFrames(bytes);
    if (damaged > 0) options.onDamage?.(segment.name, damaged);
    if (frames.length === 0) return checkpoint.save(done);
    const ndjson = joinRows(frames, bytes);
    const mayBeDouble = at.segment === doubt.segment && at.from < doubt.to;
    const name = nameOf(at);
    const outcome = await tinybird.send(ndjson, name, ended.signal);
    // After an answer that came too early the rest of these bytes is still on its way.
    if (outcome.kind !== 'accepted') memory = Buffer.alloc(0);
    if (ended.signal.aborted && outcome.kind !== 'accepted') return;
    const isHalved = frames.length > 1 && isOfRows(outcome);
    if (!mayBeDouble && mayBeThere(outcome)) doubt = { segment: at.segment, to };
    const batch = { name, rows: frames.length, mayBeDouble, isHalved };
    options.onOutcome?.(outcome, batch);
    if (outcome.kind === 'unavailable' || outcome.kind === 'misconfigured') {
      failures += 1;
      return await waitAfterFailure(outcome.kind === 'unavailable' ? outcome.afterMs : undefined);
    }
    failures = 0;
    refusedByViews = outcome.kind === 'halfway' ? refusedByViews + (isHalved ? 0 : 1) : 0;
    if (isHalved) {
      const half = frames[Math.ceil(frames.length / 2) - 1]?.end ?? 0;
      return checkpoint.save({ ...at, cuts: [at.from + half, ...at.cuts] });
    }
    const letter = deadLetterOf(outcome, batch, ndjson);
    // What is there already would be doubled by a try again; what is nowhere else stays in the spool.
    const isThere = letter?.kind !== 'refused' && !options.keepsLettersFirst;
    if (isThere) checkpoint.save(done);
    if (letter) writeDeadLetter(options.deadLettersFile, letter);
    if (!isThere) checkpoint.save(done);
  };

  /** Whether some of the rows may be taken without the others. */
  const isOfRows = (outcome: EventsOutcome): boolean =>
    outcome.kind === 'refused' ||
    (outcome.kind === 'halfway' && outcome.isOfRow && refusedByViews < BROKEN_VIEW_ROWS);

  const waitAfterFailure = async (askedMs = 0): Promise<void> => {
    // Whoever stops the process does not want to wait for an upstream that is not well.
    if (draining.signal.aborted) return ended.abort();
    const longestMs = Math.min(backoffCapMs, backoffMs * 2 ** (failures - 1));
    // Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    const waitMs = Math.max(askedMs, random() * longestMs);
    await delay(waitMs, undefined, { signal: draining.signal }).catch(() => {});
  };

  const step = async (): Promise<void> => {
    const segment = await current();
    if (segment) {
      if (checkpoint.progress.cuts.length === 0) await plan(segment);
      await sendFirst(segment);
    } else if (draining.signal.aborted || options.endsWhenEmpty) {
      ended.abort();
    } else {
      await spool.grown(draining.signal);
    }
  };

  const loop = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      try {
        await step();
      } catch (error) {
        options.onFault?.(error);
        failures += 1;
        await waitAfterFailure();
      }
    }
  };

  return {
    start() {
      running ??= loop();
    },
    async ended() {
      await running;
    },
    async stop(graceMs) {
      draining.abort();
      const late = setTimeout(() => ended.abort(), graceMs);
      await running;
      clearTimeout(late);
    },
  };
}

/** Whether rows that are sent again after this may be there twice. */
function mayBeThere(outcome: EventsOutcome): boolean {
  return outcome.kind === 'unavailable' ? outcome.mayBeWritten : outcome.kind === 'halfway';
}

/** The name of the batch to send next. */
function nameOf({ segment, from, cuts }: Progress): string {
  return `${segment}:${from}-${cuts[0] ?? from}`;
}

function deadLetterOf(
  outcome: EventsOutcome,
  { name, rows }: SentBatch,
  ndjson: Buffer,
): DeadLetter | undefined {
  const letter = (kind: DeadLetter['kind'], reason: string): DeadLetter => ({
    at: new Date().toISOString(),
    batch: name,
    kind,
    reason,
    rows: `${ndjson}`.split('\n').map((row): unknown => JSON.parse(row)),
  });
  switch (outcome.kind) {
    case 'accepted':
      if (outcome.quarantined === 0) return undefined;
      // The answer counts them and does not name them: the table in quarantine does.
      return letter('quarantined', `${outcome.quarantined} of ${rows} are in quarantine`);
    case 'refused':
    case 'halfway':
      return letter(outcome.kind, outcome.reason);
    default:
      return undefined;
  }
}
