import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A process that is measured. */
export interface MeasuredServer {
  url: string;
  /** Of its private listener, for one that has it. */
  privateUrl?: string;
  /** From its start until it was ready. */
  startMs: number;
  /** Most memory it ever had, in MB. */
  peakRssMb(): number;
  /** Processor time so far, in milliseconds. */
  cpuMs(): number;
  stop(): Promise<void>;
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Starts it on the first core alone, so that what drives it has the second; or on the cores that are named. */
export async function startServer(
  file: string,
  env: Record<string, string> = {},
  cores = '0',
): Promise<MeasuredServer> {
  const startedAt = performance.now();
  const child = spawn(
    'taskset',
    ['-c', cores, process.execPath, '--conditions=@prosora/source', file],
    { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const urls = await readyUrls(child);
  const startMs = performance.now() - startedAt;
  const proc = (name: string) => readFileSync(`/proc/${child.pid}/${name}`, 'utf8');
  return {
    ...urls,
    startMs,
    peakRssMb: () => Number(/VmHWM:\s+(\d+)/.exec(proc('status'))?.[1]) / 1_024,
    cpuMs() {
      // The fields after the name in brackets; the 12th and 13th are user and system time.
      const fields = proc('stat').split(') ')[1]?.split(' ') ?? [];
      return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1_000;
    },
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function readyUrls(child: ChildProcess): Promise<Pick<MeasuredServer, 'url' | 'privateUrl'>> {
  if (!child.stdout) throw new Error('there is no output to read');
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.includes('"ready"')) continue;
    child.stdout.resume();
    const { url, privateUrl } = JSON.parse(line);
    return { url, ...(privateUrl && { privateUrl }) };
  }
  throw new Error('the server ended before it was ready');
}
