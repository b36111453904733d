import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Resend as ResendSdk } from 'resend';
import { vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/index.ts';

export const MAIL = {
  from: 'Lab <lab@example.com>',
  to: 'a@example.org',
  subject: 'Hello',
  text: 'Hello',
};

export const until = (condition: () => unknown) =>
  vi.waitUntil(condition, { timeout: 10_000, interval: 10 });

/** A sandbox in a fresh folder, and Resend's own SDK pointed at it. */
export interface ResendWithSdk extends AsyncDisposable {
  sandbox: Sandbox;
  sdk: ResendSdk;
  /** Stops the sandbox and starts it again on its folder. */
  restart(): Promise<void>;
}

export async function startResendWithSdk(): Promise<ResendWithSdk> {
  const dir = await mkdtemp(join(tmpdir(), 'sandbox-resend-'));
  const settings = { requestsPerSecond: 1_000, webhookRetriesMs: [20, 20, 20] };
  const vendors = { resend: { domains: ['example.com'], settings } };
  const start = async () => {
    const sandbox = await startSandbox({ port: 0, dataDir: join(dir, 'sandbox'), vendors });
    const { apiKey, url: baseUrl } = sandbox.resend;
    return { sandbox, sdk: new ResendSdk(apiKey, { baseUrl }) };
  };
  let running = await start();
  return {
    get sandbox() {
      return running.sandbox;
    },
    get sdk() {
      return running.sdk;
    },
    async restart() {
      await running.sandbox.close();
      running = await start();
    },
    async [Symbol.asyncDispose]() {
      await running.sandbox.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
