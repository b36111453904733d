import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installGhost } from '@prosora/ghost-local';
import { runCommand } from '@prosora/service';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCommand } from '../../src/verbs/command.ts';
import { passForGhost } from '../fixtures/ghost-process.ts';

await passForGhost();
const { default: DurableJobs } = await import('../../src/jobs.ts');

const folder = mkdtempSync(join(tmpdir(), 'jobs-command-'));
const NAME = '@prosora/ghost-jobs-durable';
const adapters = {
  jobs: { active: `${NAME}/jobs` },
  scheduling: { active: `${NAME}/scheduling` },
};
let ghost: string;

function configure(config: object): void {
  writeFileSync(join(folder, 'config.production.json'), JSON.stringify(config));
}

async function run(...words: string[]) {
  let printed = '';
  const output = { write: (text: string) => (printed += text) };
  const terminal = {
    ...{ cwd: () => folder, env: {}, versions: { node: process.versions.node } },
    ...{ stdout: output, stderr: output },
  };
  const needsGhost = words[0] !== 'help';
  const flags = needsGhost ? ['--ghost', ghost] : [];
  return {
    code: await runCommand(createCommand(terminal), [...words, ...flags], terminal),
    printed,
  };
}

async function ids(): Promise<{ id: string; state: string }[]> {
  return JSON.parse((await run('list', '--json')).printed).items;
}

beforeAll(async () => {
  ghost = (await installGhost()).dir;
  configure({ adapters });
  for (const type of ['jobs', 'scheduling']) {
    mkdirSync(join(folder, 'content/adapters', type, NAME, type), { recursive: true });
  }
  const jobs = new DurableJobs({ file: join(folder, 'content/data/prosora-jobs.db') });
  await jobs.start({ processor: () => Promise.reject(new Error('The file is no CSV.')) });
  await jobs.enqueue({ type: 'content-csv-import', payload: '{"importId":"1"}' });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await jobs.shutdown({ timeoutMs: 0 });
});
afterAll(() => rmSync(folder, { recursive: true }));

test('status counts what each queue holds, for Prometheus too', async () => {
  const metrics = join(folder, 'jobs.prom');
  const { code, printed } = await run('status', '--metrics', metrics);
  expect(printed).toContain('jobs:default: 1 dead');
  expect(code).toBe(0);
  expect(readFileSync(metrics, 'utf8')).toContain(
    'prosora_jobs{queue="jobs:default",state="dead"} 1',
  );
  expect(existsSync(`${metrics}.tmp`)).toBe(false);
});

test('list names dead letters, and show says why', async () => {
  const [job] = await ids();
  expect(job?.state).toBe('dead');
  const { printed } = await run('show', job?.id ?? '');
  expect(printed).toContain('dead: The file is no CSV.');
  expect(printed).toContain('{\\"importId\\":\\"1\\"}');
});

test('doctor finds the dead letter, and nothing else', async () => {
  const { code, printed } = await run('doctor');
  expect(printed).toContain('! dead letters: 1 jobs were given up.');
  expect(printed.match(/^[!✘]/gm)).toHaveLength(1);
  expect(code).toBe(0);
});

test('replay lets it run again, and drop takes it out', async () => {
  const [job] = await ids();
  expect((await run('replay', job?.id ?? '')).printed).toContain('will run again');
  expect(await ids()).toMatchObject([{ state: 'ready' }]);
  await run('drop', job?.id ?? '', '--reason', 'imported by hand');
  expect(await ids()).toEqual([]);
  expect((await run('show', job?.id ?? '')).printed).toContain('dropped: imported by hand');
});

test('what is wrong is refused, and nothing is made', async () => {
  expect(await run('show', 'nothing')).toMatchObject({ code: 1 });
  expect((await run('list', '--state', 'lost')).printed).toContain('"lost" is no state.');
  configure({ adapters: { jobs: { active: 'x', x: { file: join(folder, 'other.db') } } } });
  const { code, printed } = await run('doctor');
  expect(code).toBe(1);
  expect(printed).toContain('Start Ghost with the adapters once.');
  expect(printed).toContain('✘ adapter for scheduling');
  expect(existsSync(join(folder, 'other.db'))).toBe(false);
});
