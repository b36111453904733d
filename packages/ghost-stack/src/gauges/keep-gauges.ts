import { setTimeout as wait } from 'node:timers/promises';
import { Counter, Gauge, type Logger, type Registry } from '@prosora/service';

/** The value of a metric, or its values by one label. */
type Reading = number | readonly [label: string, values: ReadonlyMap<string, number>];

/** By the metric's name; what is not in it is not told. */
export type Readings = Readonly<Record<string, Reading>>;

/** A thing that is looked at. What its metrics mean is in docs/metrics.md. */
export interface Subject {
  /** As `prosora_reading_up` names it. */
  of: string;
  /** It is looked at for every so many of them. */
  scrapes: number;
  read(signal: AbortSignal): Promise<Readings>;
}

/** What keeping them needs. */
export interface KeepingOptions {
  subjects: readonly Subject[];
  /** Whether anybody reads them: else nothing is looked at. */
  isRead: (signal: AbortSignal) => Promise<boolean>;
  /** How often what is told is read, in milliseconds. */
  scrapeMs: number;
  logger: Logger;
  signal: AbortSignal;
}

/** How long one look may take, so that none stands in the way of the next one for ever. */
const LONGEST_MS = 30_000;
/** How long it may take to hear whether anybody reads. */
const KNOWN_MS = 3_000;
/** How soon it is looked again after one that failed, in scrapes. */
const AGAIN = 2;

/**
 * Looks at each subject by its own clock and keeps what it says, so that a scrape costs nothing. What could not be read
 * is not told, since a value that stands still looks like one that is well; the log has the first failure of a row.
 */
export function keepGauges(registry: Registry, options: KeepingOptions): void {
  const { subjects, isRead, scrapeMs, logger, signal } = options;
  const kept = new Map<Subject, Readings>();
  const up = new Map<string, number>();
  const now = (name: string): Reading | undefined =>
    name === 'prosora_reading_up'
      ? ['of', up]
      : [...kept.values()].find((readings) => name in readings)?.[name];
  tell(registry, 'prosora_reading_up', ['of', up], now);
  let wasRead = false;

  const look = async (subject: Subject): Promise<boolean> => {
    const { of } = subject;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
    try {
      // An engine that hangs is no reason not to look: what is asked of others is told all the same.
      wasRead = await isRead(AbortSignal.any([limit, AbortSignal.timeout(KNOWN_MS)])).catch(
        () => wasRead,
      );
      if (!wasRead) {
        kept.delete(subject);
        up.delete(of);
        return false;
      }
      const readings = await Promise.race([subject.read(limit), ended(limit)]);
      kept.set(subject, readings);
      for (const [name, reading] of Object.entries(readings)) tell(registry, name, reading, now);
      if (up.get(of) === 0) logger.info({ event: 'reading.well', of }, 'it can be read again');
      up.set(of, 1);
      return true;
    } catch (error) {
      kept.delete(subject);
      const reason = (error as Error).message;
      if (up.get(of) !== 0 && !signal.aborted) {
        logger.warn({ event: 'reading.failed', of, reason }, 'what is watched cannot be read');
      }
      up.set(of, 0);
      return false;
    }
  };
  const repeat = async (subject: Subject): Promise<void> => {
    while (!signal.aborted) {
      const pause = (await look(subject)) ? subject.scrapes : Math.min(subject.scrapes, AGAIN);
      await wait(pause * scrapeMs, undefined, { signal }).catch(() => {});
    }
  };
  for (const subject of subjects) void repeat(subject);
}

async function ended(signal: AbortSignal): Promise<never> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  throw new Error('It took too long.');
}

/** Makes the metric where it is not there yet. */
function tell(
  registry: Registry,
  name: string,
  reading: Reading,
  now: (name: string) => Reading | undefined,
): void {
  if (registry.getSingleMetric(name)) return;
  const labelNames = typeof reading === 'number' ? [] : [reading[0]];
  // Somebody else counts what is told as a counter, so it is set anew at each scrape and not counted up.
  const collect = (
    metric: { reset(): void; remove(): void },
    set: (labels: Record<string, string>, value: number) => void,
  ): void => {
    metric.reset();
    // One without labels would stand at 0.
    if (labelNames.length === 0) metric.remove();
    const present = now(name);
    if (typeof present === 'number') set({}, present);
    else if (present)
      for (const [value, number] of present[1]) set({ [present[0]]: value }, number);
  };
  const config = { name, help: 'See docs/metrics.md.', labelNames, registers: [registry] };
  if (name.endsWith('_total')) {
    new Counter({
      ...config,
      collect() {
        collect(this, (labels, value) => this.inc(labels, value));
      },
    });
  } else {
    new Gauge({
      ...config,
      collect() {
        collect(this, (labels, value) => this.set(labels, value));
      },
    });
  }
}
