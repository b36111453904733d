import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findProgram } from '@prosora/service/programs';
import { freePort } from '@prosora/service/testing';

/** An asset host that runs generated rules. */
export interface EdgeServer extends AsyncDisposable {
  /** Its origin, when it listens. */
  url?: string;
  get(path: string, init?: RequestInit): Promise<Response>;
}

/** Writes the rules for the origin that an edge will have. */
export type WriteRules = (edgeUrl: string) => string;

/**
 * Starts a real Caddy: `CADDY_PATH`, the binary of the image that the stack runs if that is here, the one
 * on the PATH, or else of that image. Undefined where there is none of them.
 */
export async function startCaddy(
  folder: string,
  rules: WriteRules,
): Promise<EdgeServer | undefined> {
  const binary =
    process.env['CADDY_PATH'] ??
    fromImage(folder, 'never') ??
    findProgram('caddy') ??
    fromImage(folder, 'missing');
  if (binary === undefined) return undefined;
  const url = `http://127.0.0.1:${await freePort()}`;
  const file = join(folder, 'Caddyfile');
  const globals = '{\n\tadmin off\n\tauto_https off\n}\n\n';
  await writeFile(file, globals + rules(url));
  const child = spawn(binary, ['run', '--config', file, '--adapter', 'caddyfile'], {
    env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return serverAt(url, child);
}

/** Starts a real nginx; undefined where there is none. */
export async function startNginx(
  folder: string,
  rules: WriteRules,
): Promise<EdgeServer | undefined> {
  const binary = findProgram('nginx');
  if (binary === undefined) return undefined;
  const url = `http://127.0.0.1:${await freePort()}`;
  await mkdir(join(folder, 'temp'), { recursive: true });
  await writeFile(join(folder, 'edge.conf'), rules(url));
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/nginx.pid; error_log stderr; user root;
    events {}
    http {
      access_log off;
      ${temp.map((name) => `${name}_temp_path ${folder}/temp/${name};`).join(' ')}
      include edge.conf;
    }`,
  );
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
  return serverAt(url, spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] }));
}

/** A DNS server that gives every name the address 127.0.0.1; `address` is where it listens. */
export async function startDns(): Promise<{ address: string } & AsyncDisposable> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    // Header, name, type and class: the question ends after the name's empty label.
    const end = query.indexOf(0, 12) + 5;
    const isA = query.readUInt16BE(end - 4) === 1;
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(isA ? 1 : 0, 6);
    header.fill(0, 8);
    // The question's name, A, IN, 60 s, 4 bytes.
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    const parts = [header, query.subarray(12, end), isA ? answer : Buffer.alloc(0)];
    socket.send(Buffer.concat(parts), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    [Symbol.asyncDispose]: async () => void socket.close(),
  };
}

/** Loads the Worker's module and calls it as Cloudflare does. */
export async function startWorker(
  folder: string,
  rules: WriteRules,
  env: Record<string, string> = {},
): Promise<EdgeServer> {
  const url = 'https://img.example.com';
  const file = join(folder, `worker-${Object.keys(env).length}.mjs`);
  await writeFile(file, rules(url));
  const { default: worker } = await import(pathToFileURL(file).href);
  return {
    get: (path, init) => worker.fetch(new Request(url + path, init), env),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function serverAt(url: string, child: ChildProcess): Promise<EdgeServer> {
  let printed = '';
  child.stderr?.on('data', (chunk) => {
    printed += chunk;
  });
  for (let waited = 0; ; waited += 1) {
    const isUp = await fetch(`${url}/up`).then(
      () => true,
      () => false,
    );
    if (isUp) break;
    if (child.exitCode !== null || waited > 200)
      throw new Error(`${url} did not start: ${printed}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url,
    get: (path, init) => fetch(url + path, { redirect: 'manual', ...init }),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

function fromImage(folder: string, pull: 'never' | 'missing'): string | undefined {
  const binary = join(folder, 'caddy');
  const docker = (...args: string[]) =>
    execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const container = docker('create', '--pull', pull, 'caddy:2-alpine');
    docker('cp', `${container}:/usr/bin/caddy`, binary);
    docker('rm', container);
    return binary;
  } catch {
    return undefined;
  }
}
