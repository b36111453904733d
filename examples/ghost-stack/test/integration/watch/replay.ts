import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '@prosora/service/programs';
import { freePort, machineEnv } from '@prosora/service/testing';
import { vi } from 'vitest';
import { EVERY_S, type Numbers } from './ordinary-site.ts';
import { WATCH, waits } from './waits.ts';

const run = promisify(execFile);
const AT_ONCE = 240;

/** An alert that fired, and from when to when in seconds since 1970. */
export interface Fired {
  alert: string;
  fromS: number;
  toS: number;
}

/** Starts VictoriaMetrics with a folder of its own. */
export async function startMetrics(
  ...words: readonly string[]
): Promise<{ child: ChildProcess; url: string }> {
  const address = `127.0.0.1:${await freePort()}`;
  const data = mkdtempSync(join(tmpdir(), 'prosora-metrics-'));
  const own = [`-storageDataPath=${data}`, `-httpListenAddr=${address}`, '-loggerLevel=ERROR'];
  const child = spawn(findProgram('victoriametrics') ?? '', [...own, ...words], {
    stdio: 'ignore',
  });
  const url = `http://${address}`;
  await vi.waitFor(async () => void (await fetch(`${url}/health`)), 20_000);
  return { child, url };
}

/** VictoriaMetrics with numbers of our own making, and vmalert that goes through them. */
export class Replay implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
  }

  static async start(): Promise<Replay> {
    const { child, url } = await startMetrics('-retentionPeriod=10y');
    return new Replay(child, url);
  }

  /** Writes what was shown from one time up to another. */
  async write(shown: (atS: number) => Numbers, fromS: number, toS: number): Promise<void> {
    for (let atS = fromS; atS < toS; ) {
      const series = new Map<string, { values: number[]; timestamps: number[] }>();
      for (let left = AT_ONCE; left > 0 && atS < toS; left -= 1, atS += EVERY_S) {
        for (const [name, value] of shown(atS)) {
          const { values, timestamps } = series.get(name) ?? { values: [], timestamps: [] };
          values.push(value);
          timestamps.push(atS * 1_000);
          series.set(name, { values, timestamps });
        }
      }
      const lines = [...series].map(([name, of]) =>
        JSON.stringify({ metric: metricOf(name), ...of }),
      );
      await this.#ask('/api/v1/import', { method: 'POST', body: lines.join('\n') });
    }
    await this.#ask('/internal/force_flush');
  }

  /** Judges it by the rules, and says what fired, but for the watchdog. */
  async judge(fromS: number, toS: number): Promise<Fired[]> {
    const words = [
      `-rule=${WATCH}/rules/*.yml`,
      `-evaluationInterval=${EVERY_S}s`,
      `-datasource.url=${this.#url}`,
      `-remoteWrite.url=${this.#url}`,
      `-replay.timeFrom=${new Date(fromS * 1_000).toISOString()}`,
      `-replay.timeTo=${new Date(toS * 1_000).toISOString()}`,
      '-replay.maxDatapointsPerQuery=2000',
      '-replay.rulesDelay=0s',
      '-replay.disableProgressBar',
      '-loggerLevel=ERROR',
    ];
    await run('vmalert', words, { env: { ...machineEnv(), ...waits() } }).catch((error) => {
      throw new Error(`${error.stdout}${error.stderr}`);
    });
    await this.#ask('/internal/force_flush');
    const match = 'ALERTS{alertstate="firing"}';
    const printed = await this.#ask(`/api/v1/export?match[]=${encodeURIComponent(match)}`);
    return printed.split('\n').flatMap((line) => {
      if (line === '') return [];
      const { metric, timestamps } = JSON.parse(line) as Exported;
      const fired = {
        alert: metric.alertname,
        fromS: timestamps[0] / 1_000,
        toS: (timestamps.at(-1) ?? 0) / 1_000,
      };
      return [fired];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await once(this.#child, 'exit');
  }

  async #ask(path: string, init?: RequestInit): Promise<string> {
    const answer = await fetch(`${this.#url}${path}`, init);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return await answer.text();
  }
}

interface Exported {
  metric: { alertname: string };
  timestamps: [number, ...number[]];
}

/** `up{job="mail"}` as its labels. */
function metricOf(name: string): Record<string, string> {
  const labels = [...name.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value]);
  return { __name__: name.replace(/\{.*/, ''), ...Object.fromEntries(labels) };
}
