import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { inject, vi } from 'vitest';
import { docker } from './stack.ts';

/** A registry of images on this machine alone. */
export interface Registry {
  /** `localhost:PORT`. */
  address: string;
  remove(): Promise<void>;
}

/** Starts one that has the Ghost that the stack stands on. */
export async function startRegistry(): Promise<Registry> {
  const name = `${inject('stack').project}-updates-registry`;
  await docker(['run', '--detach', '--name', name, '--publish', '127.0.0.1::5000', 'registry:2']);
  const port = (await docker(['port', name, '5000'])).split(':').at(-1);
  const address = `localhost:${port}`;
  // Docker takes connections for it before it listens, and then cuts them.
  const isThere = () =>
    fetch(`http://${address}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await vi.waitUntil(isThere, { timeout: 30_000, interval: 100 });
  const image = `${address}/ghost:6-alpine`;
  await docker(['tag', 'ghost:6-alpine', image]);
  await docker(['push', '--quiet', image]);
  return {
    address,
    async remove() {
      await docker(['rm', '--force', '--volumes', name]);
      await docker(['rmi', '--force', image]);
    },
  };
}

/** A Ghost that differs from the one that the stack stands on. */
export interface NewerGhost {
  version: string;
  /** It makes a table of its own, `prosora_update_` and its version, at its first start. */
  migrates?: boolean;
  /** It ends some seconds after its start, but not where nothing leads out. */
  diesOnSite?: boolean;
}

/** Pushes such a Ghost as the newest; here the name still means what it meant. */
export async function makeGhost(
  { address }: Registry,
  { version, migrates, diesOnSite }: NewerGhost,
): Promise<void> {
  const image = `${address}/ghost:6-alpine`;
  const minor = version.split('.').slice(0, 2).join('.');
  const versions = 'core/server/data/migrations/versions';
  const table = `prosora_update_${version.replaceAll('.', '_')}`;
  const migration = `const {createTransactionalMigration} = require('../../utils');
module.exports = createTransactionalMigration(async (knex) => { await knex.schema.createTable('${table}', (t) => { t.increments(); }); }, async () => {});`;
  const end = "if (!process.env.url.includes('.invalid')) setTimeout(() => process.exit(1), 6000);";
  const steps = [
    `sed -i 's/"version": *"[0-9.]*"/"version": "${version}"/' package.json`,
    ...(migrates
      ? [`mkdir -p ${versions}/${minor}`, write(`${versions}/${minor}/a.js`, migration)]
      : []),
    ...(diesOnSite ? [write('index.js', end, '>>')] : []),
  ];
  const dockerfile = `FROM ghost:6-alpine\nENV GHOST_VERSION=${version}\nRUN cd /var/lib/ghost/current && ${steps.join(' && ')}\n`;
  const child = spawn('docker', ['build', '--quiet', '--tag', `${image}-newer`, '-'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(dockerfile);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`Ghost ${version} was not built.`);
  const former = await docker(['image', 'inspect', '--format', '{{.Id}}', image]);
  await docker(['tag', `${image}-newer`, image]);
  await docker(['push', '--quiet', image]);
  await docker(['tag', former, image]);
  await docker(['rmi', '--force', `${image}-newer`]);
}

const write = (file: string, text: string, how = '>'): string =>
  `echo ${Buffer.from(text).toString('base64')} | base64 -d ${how} ${file}`;
