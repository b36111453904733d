import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { installGhost } from '@prosora/ghost-local';
import { ENDPOINTS } from './questions.ts';

const TOKEN = 'admin-token-of-the-bench-of-32-or-more';
const CLI = fileURLToPath(new URL('../../packages/analytics-engine/src/cli.ts', import.meta.url));

/** What the engine said. */
interface Answer {
  status: number;
  body: Buffer;
}

/** The engine as a user runs it. */
export interface EngineProcess {
  url: string;
  /** From its start to its first answer. */
  startedInMs: number;
  /** Resident memory of the database's process in MB: now and at its highest. */
  memory(): { now: number; peak: number };
  /** Asks as Ghost Admin does, with a JWT and on a connection that is kept. */
  ask(pipe: string, query: string): Promise<Answer>;
  /** Sends a batch as the collector does, under a name. */
  send(ndjson: string, batch: string): Promise<Answer>;
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
      if (line.includes('"ready"')) resolve(JSON.parse(line).url);
    });
  });
  exited.catch(() => {});
  const agent = new Agent({ keepAlive: true });
  const call = (
    path: string,
    { token, body, ...headers }: { token: string; body?: string; 'prosora-batch'?: string },
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const asked = request(
        `${url}${path}`,
        {
          agent,
          method: body === undefined ? 'GET' : 'POST',
          headers: { ...headers, authorization: `Bearer ${token}` },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.once('error', reject);
          response.once('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
          );
        },
      );
      asked.once('error', reject);
      asked.end(body);
    });
  const ask = (pipe: string, query: string): Promise<Answer> =>
    call(`/v0/pipes/${pipe}.json?${query}`, { token: ghostToken(query) });
  await ask('api_active_visitors', 'site_uuid=none');
  const startedInMs = performance.now() - startedAt;
  return {
    url,
    startedInMs,
    memory: () => memoryOf(databaseOf(child.pid ?? 0)),
    ask,
    send: (body, batch) =>
      call('/v0/events?name=analytics_events&wait=true', {
        token: TOKEN,
        body,
        'prosora-batch': batch,
      }),
    async close() {
      agent.destroy();
      child.kill('SIGTERM');
      await exited;
    },
  };
}

const tokens = new Map<string, string>();

/** The JWT that Ghost gives its Admin for a site, made once: ghost/core/server/services/tinybird. */
function ghostToken(query: string): string {
  const site = new URLSearchParams(query).get('site_uuid') ?? '';
  const made = tokens.get(site);
  if (made) return made;
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const scopes = ENDPOINTS.map((resource) => ({
    type: 'PIPES:READ',
    resource,
    fixed_params: { site_uuid: site },
  }));
  const exp = Math.floor(Date.now() / 1000) + 3 * 3_600;
  const claims = { workspace_id: 'any', name: `tinybird-jwt-${site}`, exp, scopes };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  const token = `${signed}.${createHmac('sha256', TOKEN).update(signed).digest('base64url')}`;
  tokens.set(site, token);
  return token;
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
