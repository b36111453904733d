import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { DOMAIN, PORT } from './site.ts';

const run = promisify(execFile);
const SECONDS = 5;
const CONNECTIONS = 16;

/**
 * The ways to the same page, by the host name that Caddy knows them by. `constant` is a Varnish without any rule: of what
 * can stand behind Caddy it is the quickest known.
 */
const WAYS = {
  pages: DOMAIN,
  ghost: `ghost.${DOMAIN}`,
  plain: `plain.${DOMAIN}`,
  constant: `constant.${DOMAIN}`,
} as const;
export type Way = keyof typeof WAYS;

/** What one way can do. */
export interface Throughput {
  perSecond: number;
  p99Ms: number;
}

/**
 * Asks for one page as fast as 16 connections can, with `wrk` and over TLS.
 *
 * @throws Error without `wrk`, and when any answer was none or an error
 */
export async function load(way: Way, page: string): Promise<Throughput> {
  const dir = await mkdtemp(path.join(tmpdir(), 'bench-wrk-'));
  const hosts = path.join(dir, 'hosts');
  await writeFile(hosts, `127.0.0.1 localhost ${Object.values(WAYS).join(' ')}\n`);
  const wrk = `wrk -t1 -c${CONNECTIONS} -d${SECONDS} --latency -H 'Accept-Encoding: gzip' "$1"`;
  // Names of its own, for this process alone.
  const script = `mount --bind ${hosts} /etc/hosts && exec ${wrk}`;
  const url = `https://${WAYS[way]}:${PORT}${page}`;
  const { stdout } = await run('unshare', ['--mount', 'sh', '-c', script, 'sh', url]);
  await rm(dir, { recursive: true });
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url}: ${stdout}`);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  const [, p99 = '', unit = ''] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  const scale = { us: 0.001, ms: 1, s: 1_000 }[unit] ?? Number.NaN;
  return { perSecond, p99Ms: Number(p99) * scale };
}
