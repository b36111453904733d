import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { paint, type Scene } from '../../examples/local/src/picture.ts';
import {
  type AdminClient,
  createAdminClient,
  lexicalDocument,
  paragraph,
} from '../../packages/ghost-local/src/index.ts';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
const PROJECT = 'prosora-bench';
const POSTS = 100;
const PICTURES = 5;
/** Beside whatever else runs on the machine. */
const PORTS = { HTTP_PORT: '19080', HTTPS_PORT: '19443' };

/** Where the site is asked, and the ways to it, by host name. */
export const PORT = PORTS.HTTPS_PORT;
export const DOMAIN = 'ghost.localhost';

/** A running stack with a blog of 100 posts. */
export interface BenchedSite extends AsyncDisposable {
  /** The keys of the two Content APIs. */
  keys: { ghost: string; plain: string };
  /** What a container takes now, in MB. */
  memoryMb(service: string): Promise<number>;
}

async function compose(...args: string[]): Promise<string> {
  const files = ['--file', 'docker-compose.yml', '--file', 'bench/stack/compose.yml'];
  const words = ['compose', '--project-name', PROJECT, ...files, '--profile', 'sandbox', ...args];
  const env = { ...process.env, ...PORTS, DOMAIN };
  return (await run('docker', words, { cwd: ROOT, env, maxBuffer: 2 ** 26 })).stdout.trim();
}

/** Brings the stack up in a project of its own, writes the blog, and removes all of it in the end. */
export async function bringUp(): Promise<BenchedSite> {
  await compose('down', '--volumes', '--timeout', '5');
  await compose('up', '--detach', '--wait', '--build');
  const plain = await writeBlog(await adminOf('plain'));
  const ghost = await writeBlog(await adminOf('ghost'));
  return {
    keys: { ghost, plain },
    async memoryMb(service) {
      const format = '{{.MemUsage}}';
      const name = `${PROJECT}-${service}-1`;
      const { stdout } = await run('docker', ['stats', '--no-stream', '--format', format, name]);
      return Number.parseFloat(stdout);
    },
    async [Symbol.asyncDispose]() {
      await compose('down', '--volumes', '--timeout', '5');
    },
  };
}

/** Signed in as the owner of one of the two sites, which is new. */
async function adminOf(service: 'ghost' | 'plain'): Promise<AdminClient> {
  const network = service === 'ghost' ? 'egress' : 'front';
  const format = `{{(index .NetworkSettings.Networks "${PROJECT}_${network}").IPAddress}}`;
  const { stdout } = await run('docker', [
    'inspect',
    '--format',
    format,
    `${PROJECT}-${service}-1`,
  ]);
  const url = `https://${service === 'ghost' ? DOMAIN : `${service}.${DOMAIN}`}`;
  const admin = createAdminClient({ url, listenUrl: `http://${stdout.trim()}:2368` });
  await admin.setup();
  return admin;
}

/** @returns a key of the Content API */
async function writeBlog(admin: AdminClient): Promise<string> {
  const pictures: string[] = [];
  for (let seed = 0; seed < PICTURES; seed++) {
    const light = { color: '#fff3d6', x: 0.7, y: 0.3, radius: 60 };
    const sky: Scene['sky'] = ['#31456b', '#7a93a8', '#d9cbb0'];
    const bytes = await paint({ seed, sky, land: '#2d3a2f', light });
    const { url } = await admin.images.upload({ name: `harbour-${seed}.jpg`, bytes });
    pictures.push(url);
  }
  for (let n = 0; n < POSTS; n++) {
    const text = Array.from({ length: 8 }, (_, line) =>
      paragraph(
        `Paragraph ${line} of post ${n}: the harbour was grey, and nobody was on the quay.`,
      ),
    );
    await admin.posts.add({
      title: `Post number ${n}`,
      slug: `post-${n}`,
      feature_image: pictures[n % PICTURES],
      lexical: lexicalDocument(...text),
      status: 'published',
    });
  }
  const integration = await admin.integrations.add({ name: 'The bench' });
  const keys = integration['api_keys'] as { type: string; secret: string }[];
  return keys.find(({ type }) => type === 'content')?.secret ?? '';
}
