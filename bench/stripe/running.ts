import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceProcess, spawnService } from '@prosora/service/testing';

const PACKAGE = join(import.meta.dirname, '../../packages/ghost-webhooks-stripe');
/** What users run. */
const CLI = join(PACKAGE, 'dist/cli.js');

/** Builds the command that is measured. */
export function build(): void {
  execFileSync('npm', ['run', 'build'], { cwd: PACKAGE, stdio: 'ignore' });
}

/** The inbox as a process of its own. */
export type RunningInbox = ServiceProcess & AsyncDisposable;

/** A folder on this machine's disk. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'prosora-bench-stripe-'));
}

/** Starts `serve`; without another address of Ghost everything stays pending. */
export async function startInbox(env: Record<string, string>): Promise<RunningInbox> {
  const service = await spawnService([CLI], {
    PROSORA_STRIPE_DATA_DIR: temporaryFolder(),
    PROSORA_STRIPE_NEW_STORE: 'yes',
    PROSORA_STRIPE_GHOST_URL: 'http://127.0.0.1:9',
    PROSORA_STRIPE_GHOST_WEBHOOK_SECRET: 'whsec_of_ghost_in_the_bench',
    PROSORA_STRIPE_HOST: '127.0.0.1',
    PROSORA_STRIPE_PORT: '0',
    PROSORA_STRIPE_PRIVATE_PORT: '0',
    PROSORA_STRIPE_LOG_LEVEL: 'info',
    ...env,
  });
  return { ...service, [Symbol.asyncDispose]: async () => void (await service.end('SIGKILL')) };
}

/** Deliveries to Ghost by state. */
export async function jobsIn({ privateUrl }: RunningInbox): Promise<Record<string, number>> {
  const lines = (await metricsOf(privateUrl)).filter((it) => it.startsWith('prosora_stripe_jobs{'));
  return Object.fromEntries(
    lines.map((line) => [/state="(\w+)"/.exec(line)?.[1] ?? '', Number(line.split(' ').at(-1))]),
  );
}

/** Resident memory in MB. */
export async function memoryOf({ privateUrl }: RunningInbox): Promise<number> {
  const line = (await metricsOf(privateUrl)).find((it) =>
    it.startsWith('process_resident_memory_bytes'),
  );
  return Number(line?.split(' ').at(-1)) / 1e6;
}

async function metricsOf(privateUrl: string): Promise<string[]> {
  return (await (await fetch(`${privateUrl}/metrics`)).text()).split('\n');
}
