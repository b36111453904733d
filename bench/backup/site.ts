import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
const HOST = 'ghost.localhost';
/** What the command and the images need of the repository. */
const NEVER = /(^|\/)(\.env|\.git|\.prosora|dist|node_modules)$/;

/** A line of the command, and when it came. */
export interface Line {
  text: string;
  atMs: number;
}

/** A stack in a folder of its own, with the sandbox. */
export interface Site extends AsyncDisposable {
  dir: string;
  project: string;
  /** The folder of its backups. */
  repository: string;
  /** `docker compose` on it; resolves with what it printed. */
  compose(...words: string[]): Promise<string>;
  /** Gives a program in a container its standard input, and resolves with what that printed. */
  feed(words: string[], input: AsyncIterable<string> | Iterable<string>): Promise<string>;
  /** Where this machine reaches a service. */
  addressOf(service: string): Promise<string>;
  /** Runs the command. @throws Error with what it said, when it fails */
  prosora(...words: string[]): Promise<Line[]>;
  /** Asks for the front page once. @returns how long it took, in ms */
  frontPage(): Promise<number>;
  /** Resolves when the front page is there. */
  firstPage(): Promise<void>;
  repositoryMb(): Promise<number>;
  /** Another one, of which nothing is there but its files. */
  empty(project: string, ports: Ports): Promise<Site>;
}

interface Ports {
  http: number;
  https: number;
}

/** Brings a stack up from a copy of the repository, and takes all of it away in the end. */
export async function bringUpSite(project: string, ports: Ports): Promise<Site> {
  const repository = await mkdtemp(path.join(tmpdir(), 'prosora-bench-backups-'));
  const site = await emptySite(project, ports, repository);
  await site.compose('up', '--detach', '--wait', '--build');
  return {
    ...site,
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      await rm(repository, { recursive: true, force: true });
    },
  };
}

async function emptySite(project: string, ports: Ports, repository: string): Promise<Site> {
  const dir = await mkdtemp(path.join(tmpdir(), 'prosora-bench-stack-'));
  for (const name of await readdir(ROOT)) {
    if (NEVER.test(name)) continue;
    const filter = (file: string) => !NEVER.test(path.relative(ROOT, file));
    await cp(path.join(ROOT, name), path.join(dir, name), { recursive: true, filter });
  }
  const settings = {
    COMPOSE_PROJECT_NAME: project,
    COMPOSE_PROFILES: 'sandbox',
    // As for a site of this size: with less the engine refuses so many page views at once.
    ENGINE_MEMORY: '1280m',
    ENGINE_MEMORY_LIMIT_MB: 900,
    HTTP_PORT: ports.http,
    HTTPS_PORT: ports.https,
    BACKUP_REPOSITORY: repository,
    // No clock starts anything amid a measurement.
    BACKUP_AT: 'off',
    BACKUP_EVERY: 'off',
    VERIFY_AT: 'off',
    DRILL_AT: 'off',
    UPDATE_AT: 'off',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(path.join(dir, '.env'), lines.join(''), { mode: 0o600 });
  const compose = async (...words: string[]) => {
    const options = { cwd: dir, maxBuffer: 2 ** 26 };
    return (await run('docker', ['compose', ...words], options)).stdout.trim();
  };
  await compose('down', '--volumes', '--timeout', '5');
  const password = path.join(dir, '../', `${path.basename(repository)}.password`);

  const site: Site = {
    dir,
    project,
    repository,
    compose,
    async feed(words, input) {
      const child = spawn('docker', ['compose', ...words], {
        cwd: dir,
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let printed = '';
      child.stdout.on('data', (chunk) => {
        printed += chunk;
      });
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      for await (const piece of input) {
        if (!child.stdin.write(piece)) await new Promise((go) => child.stdin.once('drain', go));
      }
      child.stdin.end();
      const code = await ended;
      if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}.`);
      return printed;
    },
    async addressOf(service) {
      const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
      const words = ['inspect', '--format', format, `${project}-${service}-1`];
      return (await run('docker', words)).stdout.trim().split(' ')[0] ?? '';
    },
    async prosora(...words) {
      const child = spawn(path.join(dir, 'prosora'), words, { stdio: ['pipe', 'pipe', 'pipe'] });
      child.stdin.end(await readFile(password, 'utf8').catch(() => ''));
      const told: Line[] = [{ text: 'begun', atMs: performance.now() }];
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (text) =>
          told.push({ text, atMs: performance.now() }),
        );
      }
      const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
      if (code !== 0) throw new Error(told.map(({ text }) => text).join('\n'));
      const kept = path.join(dir, '.prosora/care/backup-password');
      await cp(kept, password).catch(() => {});
      return told;
    },
    frontPage: () => ask(ports.https),
    async firstPage() {
      while ((await ask(ports.https).catch(() => -1)) < 0);
    },
    async repositoryMb() {
      const { stdout } = await run('du', ['-sb', repository]);
      return Number.parseInt(stdout, 10) / 1e6;
    },
    empty: (other, otherPorts) => emptySite(other, otherPorts, repository),
    async [Symbol.asyncDispose]() {
      await compose('down', '--volumes', '--timeout', '5');
      await rm(dir, { recursive: true, force: true });
      await rm(password, { force: true });
    },
  };
  return site;
}

/** @throws Error for an answer that is no page */
function ask(port: number): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const at = { host: '127.0.0.1', port, servername: HOST, headers: { host: HOST }, path: '/' };
    request({ ...at, rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 200
          ? resolve(performance.now() - startedAt)
          : reject(new Error(`The front page was answered ${response.statusCode}.`)),
      );
    })
      .on('error', reject)
      .end();
  });
}
