import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installGhost } from '@prosora/ghost-local';
import { createLogger } from '@prosora/service';
import { readOptions } from '@prosora/service/options';
import { datafilesDirOf, type Engine, startEngine } from '../../src/engine.ts';
import { engineOptions } from '../../src/options.ts';

export const ADMIN_TOKEN = 'admin-token-of-this-test-of-32-or-more';

/** An engine on free ports with an empty data directory, gone with it. */
export interface TestEngine extends Engine {
  dataDir: string;
  /** Sends NDJSON to a datasource as the admin. */
  send(
    datasource: string,
    ndjson: string | Uint8Array,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** Asks a pipe as the admin. */
  ask(pipe: string, parameters?: string): Promise<Response>;
  /** The rows of a query of our own. */
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** The first column of its first row. */
  count(sql: string): Promise<number>;
}

/** The folder with the Tinybird project of the installed Ghost. */
export async function ghostDatafiles(): Promise<string> {
  const { dir } = await installGhost();
  return datafilesDirOf({ ghostDir: dir, datafilesDir: undefined });
}

/** Starts one on Ghost's datafiles; `env` adds or overrides variables. */
export async function startTestEngine(env: Record<string, string> = {}): Promise<TestEngine> {
  const dataDir =
    env['PROSORA_ENGINE_DATA_DIR'] ?? (await mkdtemp(join(tmpdir(), 'prosora-engine-')));
  const values = readOptions(engineOptions, {
    PROSORA_ENGINE_ADMIN_TOKEN: ADMIN_TOKEN,
    PROSORA_ENGINE_DATAFILES: await ghostDatafiles(),
    PROSORA_ENGINE_DATA_DIR: dataDir,
    PROSORA_ENGINE_PORT: '0',
    PROSORA_ENGINE_PRIVATE_PORT: '0',
    ...env,
  });
  const logger = createLogger({ name: 'engine', level: process.env['TEST_LOG'] ?? 'silent' });
  const engine = await startEngine(values, logger);
  const authorization = `Bearer ${ADMIN_TOKEN}`;
  const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
    JSON.parse((await engine.database.query(sql)).toString('utf8')).data;
  const close = async (): Promise<void> => {
    await engine.close();
    if (!env['PROSORA_ENGINE_DATA_DIR']) await rm(dataDir, { recursive: true });
  };
  return {
    ...engine,
    dataDir,
    send: (datasource, body, headers = {}) =>
      fetch(`${engine.url}/v0/events?name=${datasource}&wait=true`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/x-ndjson', ...headers },
        body,
      }),
    ask: (pipe, parameters = '') =>
      fetch(`${engine.url}/v0/pipes/${pipe}.json?${parameters}`, { headers: { authorization } }),
    rows,
    async count(sql) {
      const [row] = await rows(sql);
      return Number(Object.values(row ?? {})[0]);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
