import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type CloudinarySettingsInput, startSandbox } from '@prosora/sandbox';
import { machineEnv } from '@prosora/service/testing';
import { runCommand } from '../src/cli/main.ts';

const CLI = join(import.meta.dirname, '../src/cli.ts');
const ADAPTER = '@prosora/ghost-storage-cloudinary';

/** What a run of the command printed. */
export interface CommandRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A Ghost's folder with its config, and the stand-in that it leads to. */
export async function startCommandSite(settings: CloudinarySettingsInput = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'storage-command-'));
  const sandbox = await startSandbox({
    port: 0,
    dataDir: join(folder, 'sandbox'),
    vendors: { cloudinary: { settings } },
  });
  const { cloudinary } = sandbox;
  const dir = join(folder, 'ghost');

  /** Writes Ghost's config, with changes to the adapter's block and to the rest. */
  async function configure(block: object = {}, rest: object = {}): Promise<void> {
    await place('config.production.json', {
      url: 'https://blog.example.com',
      storage: {
        active: ADAPTER,
        [ADAPTER]: {
          cloudinaryUrl: cloudinary.cloudinaryUrl,
          secureDistribution: cloudinary.url,
          ...block,
        },
        media: { adapter: ADAPTER, store: 'media' },
        files: { adapter: ADAPTER, store: 'files' },
      },
      imageOptimization: { resize: false },
      ...rest,
    });
  }

  async function place(path: string, content: Buffer | object): Promise<void> {
    const target = join(dir, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, Buffer.isBuffer(content) ? content : JSON.stringify(content));
  }

  /** Starts the command; `end` says what became of it. */
  function start(...args: string[]) {
    const child = spawn(process.execPath, ['--conditions=@prosora/source', CLI, ...args], {
      cwd: dir,
      env: machineEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const run: CommandRun = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      run.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      run.stderr += chunk;
    });
    const end = once(child, 'close').then(([code]): CommandRun => ({ ...run, code }));
    return { child, end };
  }

  await configure();
  await mkdir(join(dir, 'content/images'), { recursive: true });
  return {
    cloudinary,
    dir,
    configure,
    place,
    start,
    run: (...args: string[]) => runHere(args, dir),
    [Symbol.asyncDispose]: async () => {
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs the command in this process, which saves the time to load it. */
async function runHere(args: string[], dir: string): Promise<CommandRun> {
  const printed = { stdout: '', stderr: '' };
  const into = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      printed[name] += text;
    },
  });
  const terminal = { cwd: () => dir, env: {}, stdout: into('stdout'), stderr: into('stderr') };
  return { code: await runCommand(args, terminal), ...printed };
}

export type CommandSite = Awaited<ReturnType<typeof startCommandSite>>;
