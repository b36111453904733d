import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lacks } from '@prosora/service/programs';
import { machineEnv } from '@prosora/service/testing';
import { describe, expect, test } from 'vitest';
import { WATCH, waits } from './waits.ts';

const CASES = join(import.meta.dirname, 'told');
const PLAN = { WATCH_MAILS_A_DAY: '100', WATCH_MAILS_A_MONTH: '3000' };
const run = promisify(execFile);

const ROOT = join(import.meta.dirname, '../../../../..');
const rules = globSync('rules/*.yml', { cwd: WATCH });
const alerts = rules.flatMap((file) => {
  const text = readFileSync(join(WATCH, file), 'utf8');
  return [...text.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
});

// What each file says is a sentence there too; the program prints what was told instead.
describe.skipIf(lacks('victoriametrics'))('rules, by vmalert-tool (needs victoria-metrics)', () => {
  // One after the other: it always has the same port.
  test.each(globSync('*.yml', { cwd: CASES }))('%s', async (file) => {
    // Its database has always the same name there.
    const TMPDIR = mkdtempSync(join(tmpdir(), 'prosora-rules-'));
    const env = { ...machineEnv(), TMPDIR, ...waits(), ...(file === 'plan.yml' && PLAN) };
    const judged = run('vmalert-tool', ['unittest', `--files=${join(CASES, file)}`], { env });
    const { stdout } = await judged.catch((error: { stdout: string }) => {
      throw new Error(error.stdout);
    });
    expect(stdout).toContain('SUCCESS');
  });
});

test('each alert has a case, a section that says what to do, and no more than twenty are told', () => {
  const cases = globSync('*.yml', { cwd: CASES }).map((file) =>
    readFileSync(join(CASES, file), 'utf8'),
  );
  const runbook = readFileSync(join(ROOT, 'docs/alerts.md'), 'utf8');
  const names = [...new Set(alerts)];
  for (const name of names) {
    expect(cases.some((text) => text.includes(`alertname: ${name}\n        exp_alerts:`))).toBe(
      true,
    );
    expect(runbook).toContain(`\n## ${name}\n`);
  }
  expect(names.filter((name) => name !== 'Watchdog')).toHaveLength(20);
});

test('each rule says what is so, what shows more and what to do, at night or by day', () => {
  for (const file of rules) {
    const each = readFileSync(join(WATCH, file), 'utf8').split('- alert: ').slice(1);
    for (const rule of each) {
      const name = /^\w+/.exec(rule)?.[0] ?? '';
      expect(rule).toMatch(/severity: ('.*(page|note)|page|note|none)/);
      expect(rule).toMatch(/\n {10}summary: /);
      expect(rule).toMatch(/\n {10}command: \.\/prosora /);
      expect(rule).toContain(`\n          runbook: docs/alerts.md#${name.toLowerCase()}\n`);
    }
  }
});
