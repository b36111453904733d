import { randomBytes } from 'node:crypto';
import { type Finding, fail, judge, ok } from '@prosora/service';
import { domainIn, settingReader } from '../settings/effective.ts';
import { docker } from '../stack/compose.ts';
import { patiently } from '../stack/patiently.ts';
import { examineDocker } from '../stack/preflight.ts';
import { examineDomain } from './domain.ts';

/** What the idle stack takes in all is about 780 MB; Ghost and MySQL take more while they are busy. */
const LEAST_MEMORY_MB = 1_700;
/** The images, and a beginning of data. */
const LEAST_DISK_GB = 3;

/** What the machine says before anything is asked. */
export async function* examineMachine(dir: string): AsyncGenerator<Finding> {
  for await (const finding of examineDocker(dir)) {
    yield finding;
    // Nothing else can be looked at without it.
    if (finding.status === 'fail') return;
  }
  const memory = await docker(dir, ['info', '--format', '{{.MemTotal}}']);
  // Docker's own disk, where its images and volumes are.
  const image = settingReader(dir)('NODE_IMAGE');
  const table = await docker(dir, ['run', '--rm', '--network', 'none', image, 'df', '-Pk', '/']);
  yield memoryFinding(Number(memory));
  yield diskFinding(Number(table.trim().split('\n').at(-1)?.split(/\s+/)[3]) * 1024);
}

/** @param bytes of the whole machine */
export function memoryFinding(bytes: number): Finding {
  const sentence = `The machine has ${Math.round(bytes / 1024 ** 2)} MB of memory.`;
  return judge('memory', bytes >= LEAST_MEMORY_MB * 1024 ** 2, {
    ok: sentence,
    fail: sentence,
    remedy: 'The stack needs a machine of 2 GB, with 1 GB of swap.',
  });
}

/** @param bytes that are free where Docker keeps its own */
export function diskFinding(bytes: number): Finding {
  const sentence = `Docker's disk has ${(bytes / 1024 ** 3).toFixed(1)} GB free.`;
  return judge('disk', bytes >= LEAST_DISK_GB * 1024 ** 3, {
    ok: sentence,
    fail: sentence,
    remedy: `The stack needs ${LEAST_DISK_GB} GB: \`docker system df\` says what takes it.`,
  });
}

/** Answers everything with one word; whoever started it may be killed, so it ends by itself. */
const SERVER = `setTimeout(process.exit, 60_000); for (const port of [8080, 8443])
  require('node:http').createServer((_, response) => response.end(process.env.WORD)).listen(port)`;

/**
 * Opens the two ports as the stack will, by Docker, and asks for the domain: so it is seen whether they are free, and
 * whether the domain leads here.
 *
 * @param of reads a setting as it is to be
 */
export async function* examineReach(
  dir: string,
  of: (name: string) => string,
): AsyncGenerator<Finding> {
  const [address, http, https] = [of('PUBLISH_ADDRESS'), of('HTTP_PORT'), of('HTTPS_PORT')];
  const word = randomBytes(16).toString('hex');
  const name = `${of('COMPOSE_PROJECT_NAME')}-init`;
  const remove = () => docker(dir, ['rm', '--force', name]).catch(() => {});
  const publish = [`${http}:8080`, `${https}:8443`, `${https}:8443/udp`];
  const ports = publish.flatMap((port) => ['--publish', `${address}:${port}`]);
  const words = ['run', '--detach', '--rm', '--name', name, '--env', `WORD=${word}`, ...ports];
  // What a killed run left.
  await remove();
  try {
    await docker(dir, [...words, of('NODE_IMAGE'), 'node', '--eval', SERVER]);
    yield ok('ports', `${http} and ${https} are free.`);
    // Docker says that a container runs before its program listens.
    const url = `http://${address === '0.0.0.0' ? '127.0.0.1' : address}:${http}/`;
    await patiently(() => fetch(url, { signal: AbortSignal.timeout(1_000) }), LISTENS).catch(
      () => {},
    );
    yield await examineDomain({ domain: domainIn(of), port: http === '80' ? 80 : undefined, word });
  } catch (error) {
    yield portFinding((error as Error).message, http, https);
  } finally {
    await remove();
  }
}

const LISTENS = { tries: 50, everyMs: 200 };

/** @param said by Docker, which names the port in one of its several sentences */
export function portFinding(said: string, http: string, https: string): Finding {
  const isTaken = /already (allocated|in use)/.test(said);
  const taken = [http, https].find((port) => new RegExp(`:${port}\\b`).test(said));
  if (!isTaken) return fail('ports', said);
  const remedy = `\`ss -ltnp\` says by whom. End it, or set ${taken === https ? 'HTTPS_PORT' : 'HTTP_PORT'} and put a proxy in front.`;
  return fail('ports', `Port ${taken ?? 'of the two'} is taken.`, remedy);
}
