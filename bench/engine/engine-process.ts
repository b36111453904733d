import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { installGhost } from '@prosora/ghost-local';

const TOKEN = 'admin-token-of-the-bench';
const CLI = fileURLToPath(new URL('../../packages/analytics-engine/src/cli.ts', import.meta.url));

/** The engine as a user runs it. */
export interface EngineProcess {
  url: string;
  /** From its start to its first answer. */
  startedInMs: number;
  /** Resident memory of the database's process in MB: now and at its highest. */
  memory(): { now: number; peak: number };
  ask(pipe: string, query: string): Promise<Response>;
  send(ndjson: string): Promise<Response>;
  close(): Promise<void>;
}

/** Starts it on a data directory; nothing is backed up or removed meanwhile. */
export async function startEngineProcess(
  dataDir: string,
  env: Record<string, string> = {},
): Promise<EngineProcess> {
  const startedAt = performance.now();
  const { dir } = await installGhost();
  const child = spawn(process.execPath, ['--conditions=@prosora/source', CLI], {
    env: {
      PATH: process.env['PATH'] ?? '',
      GHOST_DIR: dir,
      PROSORA_ENGINE_ADMIN_TOKEN: TOKEN,
      PROSORA_ENGINE_DATA_DIR: dataDir,
      PROSORA_ENGINE_PORT: '0',
      PROSORA_ENGINE_PRIVATE_PORT: '0',
      PROSORA_ENGINE_BACKUP_HOURS: '0',
      PROSORA_ENGINE_RETENTION_MONTHS: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    void exited.then(() => reject(new Error('The engine ended.')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"listening"')) resolve(JSON.parse(line).url);
    });
  });
  exited.catch(() => {});
  const headers = { authorization: `Bearer ${TOKEN}` };
  const ask = (pipe: string, query: string): Promise<Response> =>
    fetch(`${url}/v0/pipes/${pipe}.json?${query}`, { headers });
  await (await ask('api_active_visitors', 'site_uuid=none')).arrayBuffer();
  const startedInMs = performance.now() - startedAt;
  return {
    url,
    startedInMs,
    memory: () => memoryOf(databaseOf(child.pid ?? 0)),
    ask,
    send: (body) =>
      fetch(`${url}/v0/events?name=analytics_events&wait=true`, { method: 'POST', headers, body }),
    async close() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function databaseOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s*(\\d+)`).exec(status)?.[1]) / 1024);
  return { now: mb('VmRSS'), peak: mb('VmHWM') };
}
