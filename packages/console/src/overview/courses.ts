import type { Value } from '@prosora/service/look';
import type { Metrics } from '../services/metrics.ts';

/** What is measured all the time, as rates of half an hour. The queries are those of the stack's dashboards. */
const COURSES = {
  site: 'sum(rate(caddy_http_request_duration_seconds_count{handler="subroute"}[30m]))',
  mail: 'sum(rate(prosora_mail_resend_mails_total[30m])) * 60',
  payments: 'sum(rate(prosora_stripe_events_total[30m])) * 3600',
  visits: 'sum(rate(prosora_hits_total{outcome="accepted"}[30m]))',
  database: 'sum(rate(mysql_global_status_queries[30m]))',
  backups: '(time() - max(prosora_backup_newest_seconds)) / 3600',
  disk: 'min(prosora_disk_free_bytes / prosora_disk_bytes) * 100',
} as const;

const SITE = {
  p99: 'max(histogram_quantile(0.99, sum by (server, le) (rate(caddy_http_request_duration_seconds_bucket{handler="subroute"}[30m])))) * 1000',
  fromMemory:
    '100 * sum(rate(prosora_pages_hits_total[30m])) / (sum(rate(prosora_pages_hits_total[30m])) + sum(rate(prosora_pages_misses_total[30m])))',
} as const;

/** A quarter of an hour is told apart. */
const DAY = { hours: 24, points: 96 };
const WEEK = { hours: 168, points: 672 };
const ALERTS =
  'max by (alertname, severity) (max_over_time(ALERTS{alertstate="firing",alertname!="Watchdog"}[15m]))';

/** What has a course. */
export type Course = keyof typeof COURSES;

/** The day that is over, by part. */
export type Courses = Readonly<Partial<Record<Course, readonly Value[]>>>;

/** How the site answers now. */
export interface Speed {
  p99Ms: number | undefined;
  percentFromMemory: number | undefined;
}

/** An alert that was open within the last seven days, to a quarter of an hour. */
export interface PastAlert {
  name: string;
  severity: string;
  from: string;
  /** Null while it is open. */
  until: string | null;
}

/** Reads the courses of the day that is over. */
export async function readCourses(metrics: Metrics): Promise<Courses> {
  const read = Object.entries(COURSES).map(async ([name, query]) => {
    const [series] = await metrics.range(query, DAY);
    return [name, (series?.points ?? []).map(({ value }) => value)] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

/** Reads how the site answers. */
export async function readSpeed(metrics: Metrics): Promise<Speed> {
  const [p99Ms, percentFromMemory] = await Promise.all([
    metrics.now(SITE.p99),
    metrics.now(SITE.fromMemory),
  ]);
  return { p99Ms, percentFromMemory };
}

/** Reads which alerts were open, the newest first. */
export async function readPastAlerts(metrics: Metrics): Promise<PastAlert[]> {
  const all = await metrics.range(ALERTS, WEEK);
  const past = all.flatMap(({ labels, points }) =>
    stretches(points).map(({ from, until }) => ({
      name: labels['alertname'] ?? '',
      severity: labels['severity'] ?? '',
      from,
      until,
    })),
  );
  return past.sort((one, other) => other.from.localeCompare(one.from));
}

/** The stretches in which something was so: from the first point that has a value to the first that has none. */
function stretches(points: readonly { at: string; value: Value }[]) {
  const found: { from: string; until: string | null }[] = [];
  for (const { at, value } of points) {
    const last = found.at(-1);
    const isOpen = last !== undefined && last.until === null;
    if (value !== null && !isOpen) found.push({ from: at, until: null });
    else if (value === null && isOpen) last.until = at;
  }
  return found;
}
