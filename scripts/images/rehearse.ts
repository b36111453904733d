import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildImages, pushImages } from './build.ts';
import { pathsThatDiffer } from './differing-paths.ts';
import { docker } from './docker.ts';
import { digestOf, freshness, pinsIn } from './pins.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROJECT = 'prosora-rehearsal';
const REGISTRY_IMAGE = 'registry:2';
/** All that a pulled release needs of the repository. */
const RELEASE_FILES = ['.env.example', 'docker-compose.yml', 'examples/ghost-stack'];
/** Of what the stack takes as it is. The others come from where they always do: to pack them for a registry takes minutes. */
const OTHERS = ['NODE_IMAGE', 'REDIS_IMAGE'];
/** Beside what may be running on the machine. */
const PORTS = { HTTP_PORT: '18080', HTTPS_PORT: '18443' };

/**
 * Builds the stack's images, pushes them to a registry of its own, and brings the stack up from what a machine without
 * this repository pulls from there.
 *
 * @throws Error at the first thing that a user would stumble on
 */
export async function rehearseImages(version: string): Promise<void> {
  const registry = startRegistry();
  const dir = mkdtempSync(path.join(tmpdir(), 'prosora-rehearsal-'));
  const compose = (args: string[], show = true) =>
    docker(['compose', '-p', PROJECT, '--profile', 'sandbox', ...args], {
      cwd: dir,
      env: PORTS,
      show,
    });
  try {
    const release = push(registry.address, version);
    for (const file of RELEASE_FILES) {
      cpSync(path.join(ROOT, file), path.join(dir, file), { recursive: true });
    }
    const cloned = compose(['config', '--format', 'json'], false);
    const lines = Object.entries(release.settings).map(([name, value]) => `${name}=${value}`);
    writeFileSync(path.join(dir, '.env'), `${lines.join('\n')}\n`);
    differsInImagesAlone(cloned, compose(['config', '--format', 'json'], false));
    compose(['--profile', 'watch', 'pull', '--quiet', '--policy', 'missing']);
    const startedAt = performance.now();
    compose(['up', '--detach', '--wait', '--no-build', '--quiet-pull']);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const ca = '/data/caddy/pki/authorities/local/root.crt';
    await answers(compose(['exec', '-T', 'caddy', 'cat', ca], false));
    console.log(`✔ pulled from a registry, all is healthy after ${seconds} s and answers`);
    tellsWhatIsNewer(release.others);
  } finally {
    compose(['down', '--volumes', '--timeout', '5']);
    rmSync(dir, { recursive: true });
    registry.stop();
  }
}

/** Builds our images, gives the registry those and what the stack stands on, and forgets the names here. */
function push(address: string, version: string) {
  const names = { PROSORA_REGISTRY: `${address}/prosora`, PROSORA_VERSION: version };
  const built = buildImages(names);
  pushImages(names);
  docker(['rmi', ...Object.values(built)]);
  const others = pinsIn(readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8'))
    .filter(({ variable }) => OTHERS.includes(variable))
    .map(({ variable, image }) => {
      const name = `${address}/library/${image}`;
      docker(['tag', image, name]);
      docker(['push', '--quiet', name]);
      docker(['rmi', name]);
      return { variable, image: name, digest: digestOf(name) };
    });
  const pins = others.map(({ variable, image, digest }) => [variable, `${image}@${digest}`]);
  return { settings: { ...names, ...Object.fromEntries(pins) }, others };
}

/** A clone and a release are the same stack. */
function differsInImagesAlone(cloned: string, released: string): void {
  const differ = pathsThatDiffer(JSON.parse(cloned), JSON.parse(released));
  const others = differ.filter(
    (at) => !/^(x-(images|build)\.|services\.[\w-]+\.(image|build\.args\.\w+)$)/.test(at),
  );
  assert.deepEqual(others, [], 'A release differs from a clone in more than its images.');
  console.log(`✔ a clone and a release differ in their images alone, in ${differ.length} places`);
}

/** Asks for the front page as a reader does. */
async function answers(ca: string): Promise<void> {
  const status = await new Promise((resolve, reject) => {
    const host = 'ghost.localhost';
    const at = { host: '127.0.0.1', port: PORTS.HTTPS_PORT, servername: host, headers: { host } };
    get({ ...at, ca, agent: false }, (answer) => {
      resolve(answer.statusCode);
      answer.resume();
    }).on('error', reject);
  });
  assert.equal(status, 200);
}

/** `npm run images` sees that a tag was given to another image. */
function tellsWhatIsNewer(pins: ReturnType<typeof push>['others']): void {
  const state = () => pins.map((pin) => freshness(pin, digestOf(pin.image)));
  assert.deepEqual(
    state(),
    OTHERS.map(() => 'as pinned'),
  );
  const [first, second] = pins;
  docker(['pull', '--quiet', second?.image ?? '']);
  docker(['tag', second?.image ?? '', first?.image ?? '']);
  docker(['push', '--quiet', first?.image ?? '']);
  docker(['rmi', first?.image ?? '', second?.image ?? '']);
  assert.deepEqual(state(), ['newer', ...OTHERS.slice(1).map(() => 'as pinned')]);
  console.log('✔ what is newer under a tag is told');
}

/** A registry that is gone afterwards, with what was pushed to it. */
function startRegistry() {
  const id = docker([
    ...['run', '--rm', '--detach', '--tmpfs', '/var/lib/registry'],
    ...['--publish', '127.0.0.1::5000', REGISTRY_IMAGE],
  ]);
  const port = docker(['port', id, '5000/tcp']).split(':').at(-1);
  const address = `localhost:${port}`;
  return {
    address,
    stop() {
      const format = '{{.Repository}} {{.Tag}} {{.Digest}}';
      const pulled = docker(['images', '--digests', '--format', format])
        .split('\n')
        .filter((line) => line.startsWith(address))
        .map((line) => line.split(' '))
        .map(([name, tag, digest]) => (tag === '<none>' ? `${name}@${digest}` : `${name}:${tag}`));
      if (pulled.length > 0) docker(['rmi', ...pulled]);
      docker(['stop', id]);
    },
  };
}
