import { Gauge, type Registry } from 'prom-client';
import type { ClockDoubt } from './clock-doubt.ts';
import type { ClockGuard } from './clock-guard.ts';

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** What a person reads of a jump: one sentence, the same in `doctor`, `status` and the log. */
export function sentenceOf({ since, stepMs, isAbsenceUnknown }: ClockDoubt): string {
  const size = Math.abs(stepMs);
  const [unit, ms] = UNITS.find(([, ms]) => size >= ms) ?? UNITS[2];
  const count = Math.round(size / ms);
  const far = `${count} ${unit}${count === 1 ? '' : 's'} ${stepMs < 0 ? 'behind' : 'ahead'}`;
  const lastKnown = new Date(since).toISOString();
  return isAbsenceUnknown
    ? `The machine's clock is ${far}: it shows less than when it was last looked at, at ${lastKnown}.`
    : `The machine's clock jumped at ${lastKnown} and is ${far}.`;
}

/** Adds `prosora_clock_step_seconds` to a service's metrics: 0 while the clock is believed. */
export function addClockMetrics(registry: Registry, guard: Pick<ClockGuard, 'doubt'>): void {
  new Gauge({
    name: 'prosora_clock_step_seconds',
    help: 'How far the clock jumped (negative: back); while it is not 0, nothing old is removed',
    registers: [registry],
    collect() {
      this.set((guard.doubt()?.stepMs ?? 0) / 1_000);
    },
  });
}
