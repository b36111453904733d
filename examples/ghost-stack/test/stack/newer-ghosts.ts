import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject, vi } from 'vitest';
import { docker } from './stack.ts';

/** A registry of images on this machine alone. */
export interface Registry {
  /** `localhost:PORT`. */
  address: string;
  remove(): Promise<void>;
}

/** Waits for a registry: Docker takes connections for it before it listens, and then cuts them. */
export async function listens(address: string): Promise<void> {
  const isThere = () =>
    fetch(`http://${address}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await vi.waitUntil(isThere, { timeout: 30_000, interval: 100 });
}

/** Starts one that has the Ghost that the stack stands on. */
export async function startRegistry(): Promise<Registry> {
  const name = `${inject('stack').project}-updates-registry`;
  // One that Docker chose would be another after a start of Docker's.
  const port = await freePort();
  const words = ['--name', name, '--restart', 'always', '--publish', `127.0.0.1:${port}:5000`];
  await docker(['run', '--detach', ...words, 'registry:2']);
  const address = `localhost:${port}`;
  await listens(address);
  const image = `${address}/ghost:6-alpine`;
  await docker(['tag', 'ghost:6-alpine', image]);
  await docker(['push', '--quiet', image]);
  return {
    address,
    async remove() {
      await docker(['rm', '--force', '--volumes', name]);
      const names = await docker(['images', '--format', '{{.Repository}}:{{.Tag}}']);
      // What a newer one took the name from is listed as `<none>`, which is none.
      const isOurs = (each: string) => each.startsWith(`${address}/`) && !each.endsWith('<none>');
      const ours = names.split('\n').filter(isOurs);
      if (ours.length > 0) await docker(['rmi', '--force', ...ours]);
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** What is wrong with a Ghost, in JavaScript that it runs at its start. */
const FAULTS = {
  'ends at once': 'process.exit(1);',
  'ends later': 'setTimeout(() => process.exit(1), 12_000);',
  hangs: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);',
  leaks: 'const kept = []; setInterval(() => kept.push(Buffer.alloc(2 ** 24, 1)), 100);',
  // Behind what its migration has done, which MySQL cannot take back.
  'ends amid its migration': 'process.exit(137);',
} as const;
type Fault = keyof typeof FAULTS;

/** A Ghost that differs from the one that the stack stands on. */
export interface NewerGhost {
  version: string;
  /** It makes a table of its own, `prosora_update_` and its version, at its first start. */
  migrates?: boolean;
  fault?: Fault;
  /** Where nothing leads out it has no fault. */
  onSite?: boolean;
  /** It has so many MB more, which no other has. */
  weightMb?: number;
}

/** Pushes such a Ghost as the newest; here the name still means what it meant. */
export async function makeGhost(
  registry: Registry,
  { version, migrates, fault, onSite, weightMb }: NewerGhost,
): Promise<void> {
  const minor = version.split('.').slice(0, 2).join('.');
  const versions = 'core/server/data/migrations/versions';
  const table = `prosora_update_${version.replaceAll('.', '_')}`;
  const where = onSite ? "if (!process.env.url.includes('.invalid')) " : '';
  const trouble = fault ? `${where}{ ${FAULTS[fault]} }` : '';
  const isAmid = fault === 'ends amid its migration';
  const migration = `const {createTransactionalMigration} = require('../../utils');
module.exports = createTransactionalMigration(async (knex) => { await knex.schema.createTable('${table}', (t) => { t.increments(); }); ${isAmid ? trouble : ''} }, async () => {});`;
  const steps = [
    `sed -i 's/"version": *"[0-9.]*"/"version": "${version}"/' package.json`,
    ...(migrates
      ? [`mkdir -p ${versions}/${minor}`, write(`${versions}/${minor}/a.js`, migration)]
      : []),
    ...(trouble && !isAmid ? [write('index.js', trouble, '>>')] : []),
  ];
  const image = `${registry.address}/ghost:6-alpine`;
  await push(
    image,
    `FROM ghost:6-alpine\nENV GHOST_VERSION=${version}\nRUN cd /var/lib/ghost/current && ${steps.join(' && ')}\n`,
    { weightMb },
  );
}

/** Pushes one for another kind of processor, of which no program runs here. */
export async function makeForeignGhost({ address }: Registry, version: string): Promise<void> {
  // A head of a program for such a processor: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
  const head = '\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\267\\0\\1\\0\\0\\0';
  await push(
    `${address}/ghost:6-alpine`,
    `FROM --platform=$BUILDPLATFORM ghost:6-alpine AS made
RUN mkdir /bare && { printf '${head}'; head -c 40 /dev/zero; } > /bare/sh && chmod 755 /bare/sh
FROM --platform=linux/arm64 scratch
ENV GHOST_VERSION=${version}
COPY --from=made /bare /bin
`,
    { platform: 'linux/arm64' },
  );
}

interface Pushing {
  platform?: string;
  /** Of what no other image has, to be pulled whole. */
  weightMb?: number | undefined;
}

/** Builds an image on others that are here, and pushes it; a name that means another here still does. */
export async function push(
  image: string,
  dockerfile: string,
  { platform, weightMb }: Pushing = {},
): Promise<void> {
  const newer = `${image}-newer`;
  const words = ['build', '--quiet', ...(platform ? ['--platform', platform] : [])];
  const child = spawn('docker', [...words, '--tag', newer, '-'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(dockerfile);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${image} was not built.`);
  if (weightMb) await weigh(newer, weightMb);
  const [former = ''] = (await docker(['images', '--quiet', '--no-trunc', image])).split('\n');
  await docker(['tag', newer, image]);
  await docker(['push', '--quiet', image]);
  if (former) await docker(['tag', former, image]);
  await docker(['rmi', '--force', newer, ...(former ? [] : [image])]);
}

/** Makes an image heavier, not by a build, whose cache would have what is then pulled. */
async function weigh(image: string, megabytes: number): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'prosora-weight-'));
  const file = path.join(folder, 'weight');
  await writeFile(file, randomBytes(megabytes * 2 ** 20));
  const container = await docker(['create', image]);
  await docker(['cp', file, `${container}:/weight`]);
  await docker(['commit', container, image]);
  await docker(['rm', container]);
  await rm(folder, { recursive: true });
}

const write = (file: string, text: string, how = '>'): string =>
  `echo ${Buffer.from(text).toString('base64')} | base64 -d ${how} ${file}`;
