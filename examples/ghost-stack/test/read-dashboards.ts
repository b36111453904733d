import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What is looked at of a panel: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model */
interface Panel {
  id: number;
  type: string;
  title: string;
  description: string;
  datasource: { type: string; uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig: {
    defaults: { unit: string; thresholds?: { steps: { color: string; value: number | null }[] } };
  };
  targets: { refId: string; expr: string; legendFormat: string }[];
}

/** The same of a dashboard. */
export interface Dashboard {
  uid: string;
  title: string;
  description: string;
  schemaVersion: number;
  templating: { list: { name: string; type: string; query: string }[] };
  panels: Panel[];
}

const DIR = path.join(import.meta.dirname, '../watch/dashboards');

/** All of them, by the names of their files. */
export const dashboards: readonly Dashboard[] = readdirSync(DIR)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(path.join(DIR, name), 'utf8')));

/** Each question of a panel, and where it stands. */
export const questions = dashboards.flatMap(({ title: dashboard, panels }) =>
  panels.flatMap(({ title: panel, targets }) =>
    targets.map(({ expr }) => ({ dashboard, panel, expr })),
  ),
);

const WORDS = ['and', 'bool', 'offset', 'or', 'unless'];

/** The metrics that a query names: what is left of it without matchers, windows, groupings, functions and words. */
export function metricsIn(query: string): string[] {
  const names = query
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
    .replace(/\b\w+\s*\(/g, '(')
    .match(/\b[a-zA-Z_]\w*/g);
  return (names ?? []).filter((name) => !WORDS.includes(name));
}
