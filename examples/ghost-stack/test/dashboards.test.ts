import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { dashboards, metricsIn, questions } from './read-dashboards.ts';

const ROOT = path.join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

/** What Grafana brings by itself. */
const CORE = ['stat', 'state-timeline', 'table', 'timeseries'];
/** What scraper and rules write, of no service. */
const OF_THE_WATCH = ['ALERTS', 'up'];

const documentation = read('docs/metrics.md');
const documented = [...documentation.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
const prefixes = [...documentation.matchAll(/`(\w+_)…`/g)].map(([, prefix = '']) => prefix);

/** The names in our own code, also those of which a part is a variable. */
const inCode = globSync('packages/*/src/**/*.ts', { cwd: ROOT }).flatMap((file) => {
  const text = read(file);
  const templates = [
    ...text.matchAll(/\bconst (\w+) = [^;]*?`(prosora_\w*)\$\{name\}(\w*)`/g),
  ].flatMap(([, call, before, after]) =>
    [...text.matchAll(new RegExp(`\\b${call}\\(\\s*'(\\w+)'`, 'g'))].map(
      ([, name]) => `${before}${name}${after}`,
    ),
  );
  return [...(text.match(/\bprosora_\w+/g) ?? []), ...templates];
});

/** The defaults of the waits, in seconds where they are times. */
const waits = Object.fromEntries(
  [...read('examples/ghost-stack/watch/waits.env').matchAll(/:-([\d.e]+)([smhd]?)\}/g)].map(
    ({ input, index, 1: number, 2: unit = '' }) => [
      input.slice(0, index).split('${').at(-1),
      Number(number) * ({ m: 60, h: 3_600, d: 86_400 }[unit] ?? 1),
    ],
  ),
);

/** Which wait a panel's red line stands at that names an alert. */
const LIMITS: Record<string, string> = {
  BackupTooOld: 'WATCH_PROOF',
  CertificateEnds: 'WATCH_CERTIFICATE',
  DiskFull: 'WATCH_DISK_SHARE',
  ErrorRate: 'WATCH_ERRORS',
  HitsWait: 'WATCH_WAITS',
  MailWaits: 'WATCH_WAITS',
  PaymentsWait: 'WATCH_WAITS',
  Slow: 'WATCH_SLOW',
  WebhookSilence: 'WATCH_WAITS',
};

const rules = globSync('examples/ghost-stack/watch/rules/*.yml', { cwd: ROOT }).map(read).join();

const asTold = (metric: string) => metric.replace(/_(bucket|count|sum)$/, '');
const isIn = (names: readonly string[], metric: string) =>
  names.includes(metric) || names.includes(asTold(metric));

test('each dashboard has a name of its own and asks the database that its reader chooses', () => {
  expect(dashboards.length).toBeGreaterThanOrEqual(4);
  for (const of of ['uid', 'title'] as const) {
    expect(new Set(dashboards.map((one) => one[of])).size).toBe(dashboards.length);
  }
  for (const { uid, schemaVersion, templating, description } of dashboards) {
    expect(uid).toMatch(/^prosora-[a-z-]{1,32}$/);
    expect(schemaVersion).toBeGreaterThanOrEqual(39);
    expect(description).toMatch(/\.$/);
    expect(templating.list).toMatchObject([
      { name: 'datasource', type: 'datasource', query: 'prometheus' },
    ]);
  }
});

describe.each(dashboards)('$title', ({ panels }) => {
  test('each panel says what it shows, in which unit, and comes with Grafana', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { title, description, type, fieldConfig, datasource, targets } of panels) {
      expect(CORE, title).toContain(type);
      expect(title).toMatch(/^\S/);
      expect(description, title).toMatch(/^\S.{20,}\.$/);
      expect(fieldConfig.defaults.unit, title).toMatch(/^\w+$/);
      expect(datasource, title).toEqual({ type: 'prometheus', uid: `\${datasource}` });
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
      expect(targets.length, title).toBeGreaterThan(0);
    }
  });

  test('no panel lies on another', () => {
    const fields = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    );
    expect(new Set(fields).size).toBe(fields.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });
});

test.each(questions)('"$panel" of $dashboard asks only for what is told: $expr', ({ expr }) => {
  const metrics = metricsIn(expr);
  expect(metrics.length).toBeGreaterThan(0);
  const unknown = metrics.filter(
    (metric) =>
      !OF_THE_WATCH.includes(metric) &&
      !isIn(documented, metric) &&
      !prefixes.some((prefix) => metric.startsWith(prefix)),
  );
  expect(unknown).toEqual([]);
  const ours = metrics.filter((metric) => metric.startsWith('prosora_'));
  expect(ours.filter((metric) => !isIn(inCode, metric))).toEqual([]);
});

test('a panel that names an alert has its red line where that begins', () => {
  const named = dashboards.flatMap(({ panels }) =>
    panels.flatMap(({ title, description, fieldConfig }) =>
      [...description.matchAll(/\balert ([A-Z]\w+)/g)].map(([, alert = '']) => ({
        alert,
        title,
        lines: fieldConfig.defaults.thresholds?.steps.map(({ value }) => value),
      })),
    ),
  );
  expect(named.length).toBeGreaterThan(10);
  for (const { alert, title, lines } of named) {
    expect(rules).toContain(`alert: ${alert}\n`);
    const limit = LIMITS[alert];
    if (limit !== undefined) expect(lines, title).toContain(waits[limit]);
  }
});

test('what a query asks for is found in it', () => {
  const query = 'sum by (code) (rate(a_total{b="c_d"}[5m] offset 1d)) / (e_f > 0) or vector(0)';
  expect(metricsIn(query)).toEqual(['a_total', 'e_f']);
});
