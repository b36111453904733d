import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installGhost } from '@prosora/ghost-local';
import { freePort, machineEnv } from '@prosora/service/testing';
import { freshDir, TOKEN } from './running-collector.ts';

const ENGINE = fileURLToPath(new URL('../../../analytics-engine/src/cli.ts', import.meta.url));
const ADMIN_TOKEN = 'admin-token-of-this-test-of-32-or-more';

/** The analytics engine as a process of its own, on Ghost's datafiles. */
export interface EngineUpstream extends AsyncDisposable {
  url: string;
  adminToken: string;
  trackerToken: string;
  /** Ends it with SIGKILL and starts it again on the same data and port. */
  crash(): Promise<void>;
}

/** Starts one on an empty data directory; `more` are further options. */
export async function startEngineUpstream(
  more: Record<string, string> = {},
): Promise<EngineUpstream> {
  const [port, privatePort] = [await freePort(), await freePort()];
  const { dir: ghostDir } = await installGhost();
  const env = {
    ...machineEnv(),
    GHOST_DIR: ghostDir,
    PROSORA_ENGINE_ADMIN_TOKEN: ADMIN_TOKEN,
    PROSORA_ENGINE_TRACKER_TOKEN: TOKEN,
    PROSORA_ENGINE_DATA_DIR: join(freshDir(), 'engine'),
    PROSORA_ENGINE_PORT: String(port),
    PROSORA_ENGINE_PRIVATE_PORT: String(privatePort),
    ...more,
  };
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(process.execPath, ['--conditions=@prosora/source', ENGINE], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', (chunk) => {
        if (String(chunk).includes('"ready"')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`the engine ended with ${code}`)));
    });
    return child;
  };
  let child = await start();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    adminToken: ADMIN_TOKEN,
    trackerToken: TOKEN,
    async crash() {
      await end('SIGKILL');
      child = await start();
    },
    [Symbol.asyncDispose]: () => end('SIGTERM'),
  };
}
