import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Resend } from '@prosora/sandbox';
import { machineEnv } from '@prosora/service/testing';
import { API_KEY, DOMAIN } from './bridge-with-resend.ts';

const CLI = new URL('../src/cli.ts', import.meta.url).pathname;

/** The command as a user runs it: from source, or a built file. */
export interface BridgeCommand {
  env: Record<string, string>;
  /** (Default: the source) */
  file?: string;
}

function spawnBridge({ env, file }: BridgeCommand, args: string[] = []): ChildProcess {
  const source = ['--conditions=@prosora/source', CLI];
  return spawn(process.execPath, [...(file ? [file] : source), ...args], {
    env: { ...machineEnv(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export function bridgeEnv(resend: Resend, dataDir: string, port = 0): Record<string, string> {
  return {
    RESEND_API_KEY: resend.apiKey,
    RESEND_BASE_URL: resend.url,
    RESEND_WEBHOOK_SECRET: resend.webhookSecret,
    PROSORA_MAIL_API_KEY: API_KEY,
    PROSORA_MAIL_DOMAINS: DOMAIN,
    PROSORA_MAIL_DATA_DIR: dataDir,
    PROSORA_MAIL_NEW_STORE: 'yes',
    PROSORA_MAIL_PORT: String(port),
    PROSORA_MAIL_PRIVATE_PORT: '0',
  };
}

/** Starts `serve` and resolves with its addresses once it says so; disposing of it kills it. */
export async function serveBridge(command: BridgeCommand) {
  const child = spawnBridge(command);
  const log: string[] = [];
  child.stderr?.on('data', (data) => log.push(String(data)));
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
    log.push(line);
    if (!line.includes('"msg":"ready"')) continue;
    child.stdout?.on('data', (data) => log.push(String(data))).resume();
    const { url, privateUrl, smtpPort } = JSON.parse(line);
    return {
      child,
      url: url as string,
      privateUrl: privateUrl as string,
      smtpPort: smtpPort as number | undefined,
      log,
      [Symbol.dispose]: () => void child.kill('SIGKILL'),
    };
  }
  throw new Error(`The bridge did not start: ${log.join('')}`);
}

/** Runs a verb to its end. */
export async function runVerb(command: BridgeCommand, args: string[]) {
  const child = spawnBridge(command, args);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += data));
  const [exitCode] = await once(child, 'close');
  return { exitCode: exitCode as number, output };
}
