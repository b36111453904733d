import { UsageError } from '@prosora/service';

const UNITS_MS: Readonly<Record<string, number>> = {
  ...{ s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 },
};

/**
 * What `--since` and `--until` mean: `30m`, `2h`, `7d` ago, or a moment.
 *
 * @throws UsageError
 */
export function momentOf(text: string, now: Date): Date {
  const [, number, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = number ? now.getTime() - Number(number) * (UNITS_MS[unit] ?? 0) : Date.parse(text);
  if (!Number.isNaN(ms)) return new Date(ms);
  throw new UsageError(`"${text}" is no time: use 30m, 2h, 7d or 2026-11-29T08:00:00Z.`);
}
