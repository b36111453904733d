import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { SERVICES } from './stack.ts';

const UNITS: Record<string, number> = { B: 2 ** -20, KiB: 2 ** -10, MiB: 1, GiB: 2 ** 10 };

/** Watches what containers take, in MB without the files that the kernel may drop, until it is stopped. */
export interface MemoryWatch {
  /** Ends the watch and resolves to the most that each service took, by name. */
  stop(): Promise<Record<string, number>>;
}

/** Watches the services of a project, those that come later too: `docker stats` looks every second. */
export function watchMemory(project: string): MemoryWatch {
  const stats = spawn('docker', ['stats', '--format', '{{.Name}} {{.MemUsage}}']);
  const peaks: Record<string, number> = {};
  const container = new RegExp(`^${project}-(${SERVICES.join('|')})-1 ([\\d.]+)([KMG]?i?B) `);
  createInterface(stats.stdout).on('line', (line) => {
    const [, service, number, unit = ''] = container.exec(stripVTControlCharacters(line)) ?? [];
    if (service === undefined) return;
    const used = Math.ceil(Number(number) * (UNITS[unit] ?? 0));
    peaks[service] = Math.max(peaks[service] ?? 0, used);
  });
  const closed = new Promise((resolve) => stats.once('close', resolve));
  return {
    async stop() {
      stats.kill();
      await closed;
      return peaks;
    },
  };
}
