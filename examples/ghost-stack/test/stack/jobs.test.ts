import { expect, test } from 'vitest';
import { exec, sql } from './stack.ts';

test('jobs and schedules are kept in tables beside Ghost’s own, and the command finds them', async () => {
  const tables = (await sql("SHOW TABLES LIKE 'prosora\\_%'")).split('\n');
  expect(tables).toContain('prosora_job');
  const findings = JSON.parse(await exec('ghost', 'prosora-jobs', 'doctor', '--json')) as {
    name: string;
    status: string;
  }[];
  expect(findings.filter(({ status }) => status !== 'ok')).toEqual([]);
});
