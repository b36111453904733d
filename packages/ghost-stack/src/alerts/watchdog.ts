import { type Finding, fail, Gauge, ok, type Registry } from '@prosora/service';
import { period } from '../services/telling.ts';

/** The alert that fires always, so that its absence tells of the way that all others take. */
export const WATCHDOG = 'Watchdog';

const PING_EVERY_MS = 60_000;

/** What is known of the way of alerts. */
export interface Watchdog {
  hear(): void;
  /** Nothing was heard for longer than may be. */
  readonly isSilent: boolean;
  /** Asks the dead-man's switch to be quiet, once a minute, if something was heard since. */
  ping(url: string, send: (url: string) => Promise<void>): Promise<void>;
  finding(): Finding;
}

/**
 * Remembers when the watchdog was heard, by a clock that does not jump: a start counts as such a time.
 *
 * @param limitMs how long it may be silent
 */
export function createWatchdog(
  registry: Registry,
  limitMs: number,
  nowMs: () => number = () => performance.now(),
): Watchdog {
  let heardMs = nowMs();
  let pingedMs = Number.NEGATIVE_INFINITY;
  let isNews = false;
  const ageMs = () => nowMs() - heardMs;
  new Gauge({
    name: 'prosora_watchdog_age_seconds',
    help: 'How long ago the alert that fires always was heard.',
    registers: [registry],
    collect() {
      this.set(ageMs() / 1_000);
    },
  });
  return {
    hear() {
      heardMs = nowMs();
      isNews = true;
    },
    get isSilent() {
      return ageMs() > limitMs;
    },
    async ping(url, send) {
      if (!isNews || nowMs() - pingedMs < PING_EVERY_MS) return;
      pingedMs = nowMs();
      isNews = false;
      await send(url);
    },
    finding() {
      if (ageMs() <= limitMs) return ok('alerts', 'They can come.');
      const sentence = `None could come for ${period(ageMs() / 1_000)}.`;
      const remedy = '`./prosora status` shows which of metrics, rules and alerts is not well.';
      return fail('alerts', sentence, remedy);
    },
  };
}
