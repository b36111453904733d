import type { LogKeeper } from '../logs/keep-logs.ts';
import type { Subject } from './keep-gauges.ts';

/** How the keeping of log lines goes, as whoever keeps them knows it. */
export function watchLogs(keeper: Pick<LogKeeper, 'now'>): Subject {
  return {
    of: 'logs',
    scrapes: 1,
    async read() {
      const { bytes, oldest, waitsSeconds, failures } = keeper.now;
      return {
        prosora_logs_bytes: bytes,
        ...(oldest && { prosora_logs_oldest_seconds: Date.parse(oldest) / 1000 }),
        prosora_logs_waits_seconds: waitsSeconds,
        prosora_logs_failures_total: failures,
      };
    },
  };
}
