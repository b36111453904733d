import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Finding, fail, ok } from '@prosora/service';
import { effectiveSettings } from '../settings/effective.ts';
import { docker } from '../stack/compose.ts';
import { examineDocker } from '../stack/preflight.ts';
import { examineDomain } from './domain.ts';

/** What the idle stack takes in all is about 780 MB; Ghost and MySQL take more while they are busy. */
const LEAST_MEMORY_MB = 1_700;
/** The images, and a beginning of data. */
const LEAST_DISK_GB = 3;

/** What the site is to be reached by. */
export interface Place {
  domain: string;
  /** Where Docker opens the two ports. */
  address: string;
  httpPort: string;
  httpsPort: string;
  /** An image with Node in it. */
  image: string;
  /** Compose's name of the stack. */
  project: string;
}

/** What the machine says before anything is asked. */
export async function* examineMachine(dir: string): AsyncGenerator<Finding> {
  for await (const finding of examineDocker(dir)) {
    yield finding;
    // Nothing else can be looked at without it.
    if (finding.status === 'fail') return;
  }
  const memory = await docker(dir, ['info', '--format', '{{.MemTotal}}']);
  // Docker's own disk, where its images and volumes are.
  const image = effectiveSettings(dir, process.env).get('NODE_IMAGE')?.value ?? '';
  const table = await docker(dir, ['run', '--rm', '--network', 'none', image, 'df', '-Pk', '/']);
  yield memoryFinding(Number(memory));
  yield diskFinding(Number(table.trim().split('\n').at(-1)?.split(/\s+/)[3]) * 1024);
}

/** @param bytes of the whole machine */
export function memoryFinding(bytes: number): Finding {
  const sentence = `The machine has ${Math.round(bytes / 1024 ** 2)} MB of memory.`;
  if (bytes >= LEAST_MEMORY_MB * 1024 ** 2) return ok('memory', sentence);
  return fail('memory', sentence, 'The stack needs a machine of 2 GB, with 1 GB of swap.');
}

/** @param bytes that are free where Docker keeps its own */
export function diskFinding(bytes: number): Finding {
  const sentence = `Docker's disk has ${(bytes / 1024 ** 3).toFixed(1)} GB free.`;
  if (bytes >= LEAST_DISK_GB * 1024 ** 3) return ok('disk', sentence);
  const remedy = `The stack needs ${LEAST_DISK_GB} GB: \`docker system df\` says what takes it.`;
  return fail('disk', sentence, remedy);
}

/** Answers everything with one word; whoever started it may be killed, so it ends by itself. */
const SERVER = `setTimeout(process.exit, 60_000); for (const port of [8080, 8443])
  require('node:http').createServer((_, response) => response.end(process.env.WORD)).listen(port)`;

/**
 * Opens the two ports as the stack will, by Docker, and asks for the domain: so it is seen whether they are free, and
 * whether the domain leads here.
 */
export async function* examineReach(dir: string, place: Place): AsyncGenerator<Finding> {
  const { domain, address, httpPort, httpsPort, image, project } = place;
  const word = randomBytes(16).toString('hex');
  const name = `${project}-init`;
  const remove = () => docker(dir, ['rm', '--force', name]).catch(() => {});
  const publish = [`${httpPort}:8080`, `${httpsPort}:8443`, `${httpsPort}:8443/udp`];
  const ports = publish.flatMap((port) => ['--publish', `${address}:${port}`]);
  const words = ['run', '--detach', '--rm', '--name', name, '--env', `WORD=${word}`, ...ports];
  // What a killed run left.
  await remove();
  try {
    await docker(dir, [...words, image, 'node', '--eval', SERVER]);
    yield ok('ports', `${httpPort} and ${httpsPort} are free.`);
    await untilItAnswers(`http://${address === '0.0.0.0' ? '127.0.0.1' : address}:${httpPort}/`);
    yield await examineDomain({ domain, port: httpPort === '80' ? 80 : undefined, word });
  } catch (error) {
    yield portFinding((error as Error).message, place);
  } finally {
    await remove();
  }
}

const TRIES = 50;
const TRY_EVERY_MS = 200;

/** Docker says that a container runs before its program listens. */
async function untilItAnswers(url: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer) return;
    await delay(TRY_EVERY_MS);
  }
}

/** @param said by Docker, which names the port in one of its several sentences */
export function portFinding(said: string, { httpPort, httpsPort }: Place): Finding {
  const isTaken = /already (allocated|in use)/.test(said);
  const taken = [httpPort, httpsPort].find((port) => new RegExp(`:${port}\\b`).test(said));
  if (!isTaken) return fail('ports', said);
  const remedy = `\`ss -ltnp\` says by whom. End it, or set ${taken === httpsPort ? 'HTTPS_PORT' : 'HTTP_PORT'} and put a proxy in front.`;
  return fail('ports', `Port ${taken ?? 'of the two'} is taken.`, remedy);
}
