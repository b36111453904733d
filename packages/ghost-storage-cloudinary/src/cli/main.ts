import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { caddyfile } from '../edge/caddy.ts';
import { nginxConfig } from '../edge/nginx.ts';
import { edgeRules, themeSizes } from '../edge/rules.ts';
import { workerModule } from '../edge/worker.ts';
import { StorageError } from '../errors.ts';
import { examine } from './doctor.ts';
import { findingLine } from './finding.ts';
import { at, type GhostSettings, readGhostSettings } from './ghost-config.ts';
import { createProgressBar, duration } from './progress.ts';
import { pull } from './pull.ts';
import { push } from './push.ts';
import { sentenceOf } from './remote-list.ts';
import { openStores, STORES, type StoreName } from './stores.ts';
import { verify } from './verify.ts';

const HELP = `Usage: ghost-cloudinary <command> [options]

Run it in Ghost's folder; it reads the adapter's options where Ghost does.

  doctor            looks at the credentials, the plan, the account and the traps of Ghost's config
  push              copies the content folder to Cloudinary; goes on where it was stopped
  pull              copies everything at Cloudinary into the content folder
  verify            compares the two, byte for byte by their hashes
  edge <caddy|nginx|worker>
                    prints the rules for an asset host in front of Cloudinary

  --config <file>        Ghost's config (default: config.production.json, else config.development.json)
  --ghost <folder>       Ghost's install, for its sharp (default: current, else this folder)
  --stores <a,b>         images, media, files (default: all)
  --concurrency <n>      files at a time (default: 8)
  --dry-run              push and pull: say what would be done
  --journal <file>       push: where it notes what is done (default: in the content folder)
  --delivered            verify: also ask the CDN for each file
  --both                 verify: also hold against you what is at Cloudinary alone
  --site <url>           edge: the site (default: Ghost's url)
  --edge <url>           edge: the asset host (default: Ghost's urls.image)
  --theme <folder>       edge: the active theme, for its image sizes
  --resolver <address>   edge nginx: the DNS server to ask for Cloudinary (default: 1.1.1.1)

Exit code: 0 when all is well, 1 when something is not, 2 for a wrong command, 130 when interrupted.
`;

const OPTIONS = {
  config: { type: 'string' },
  ghost: { type: 'string' },
  stores: { type: 'string', default: STORES.join(',') },
  concurrency: { type: 'string', default: '8' },
  'dry-run': { type: 'boolean', default: false },
  journal: { type: 'string' },
  delivered: { type: 'boolean', default: false },
  both: { type: 'boolean', default: false },
  site: { type: 'string' },
  edge: { type: 'string' },
  theme: { type: 'string' },
  resolver: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Where a command runs and prints; `process` is one. */
export interface Terminal {
  cwd(): string;
  env: Record<string, string | undefined>;
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown; isTTY?: boolean };
}

interface Command {
  values: ReturnType<typeof readArguments>['values'];
  words: string[];
  terminal: Terminal;
}

const JOURNAL = '.ghost-cloudinary-push.jsonl';

const COMMANDS: Record<string, (command: Command) => Promise<number>> = {
  doctor: runDoctor,
  push: runPush,
  pull: runPull,
  verify: runVerify,
  edge: runEdge,
};

function readArguments(args: string[]) {
  return parseArgs({ args, options: OPTIONS, allowPositionals: true });
}

async function runDoctor(command: Command): Promise<number> {
  const { terminal } = command;
  const findings = await examine(settings(command), ghostEntry(command));
  for (const finding of findings) print(terminal, findingLine(finding));
  return findings.some(({ status }) => status === 'problem') ? 1 : 0;
}

async function runPush(command: Command): Promise<number> {
  const { values, terminal } = command;
  const ghost = settings(command);
  const dryRun = values['dry-run'];
  const { summary, seconds, stopped } = await withProgress(terminal, (progress) =>
    push({
      ...work(command, ghost),
      ...progress,
      dryRun,
      journalFile: values.journal ?? join(ghost.contentPath, JOURNAL),
      ghostEntry: ghostEntry(command),
    }),
  );
  const { total, uploaded, present, conflicts, failures, bytes } = summary;
  for (const path of conflicts)
    print(terminal, `✘ ${path}: Cloudinary has another file of this name.`);
  for (const { path, sentence } of failures) print(terminal, `✘ ${path}: ${sentence}`);
  const verb = dryRun ? 'to upload' : 'uploaded';
  print(
    terminal,
    `${total} files: ${uploaded} ${verb} (${(bytes / 1e6).toFixed(1)} MB), ${present} there already, ` +
      `${conflicts.length} in conflict, ${failures.length} failed, in ${seconds}.`,
  );
  return exitCode(terminal, stopped, conflicts.length + failures.length);
}

async function runPull(command: Command): Promise<number> {
  const { values, terminal } = command;
  const dryRun = values['dry-run'];
  const { summary, seconds, stopped } = await withProgress(terminal, (progress) =>
    pull({ ...work(command, settings(command)), ...progress, dryRun }),
  );
  const { total, downloaded, present, conflicts, foreign, failures, bytes } = summary;
  for (const path of conflicts)
    print(terminal, `✘ ${path}: another file of this name is here; it stays.`);
  for (const id of foreign) print(terminal, `! ${id}: no path of Ghost leads to it; left out.`);
  for (const { path, sentence } of failures) print(terminal, `✘ ${path}: ${sentence}`);
  const verb = dryRun ? 'to download' : 'downloaded';
  print(
    terminal,
    `${total} files: ${downloaded} ${verb} (${(bytes / 1e6).toFixed(1)} MB), ${present} here already, ` +
      `${conflicts.length} in conflict, ${failures.length} failed, in ${seconds}.`,
  );
  return exitCode(terminal, stopped, conflicts.length + failures.length);
}

async function runVerify(command: Command): Promise<number> {
  const { values, terminal } = command;
  const { summary, seconds, stopped } = await withProgress(terminal, (progress) =>
    verify({
      ...work(command, settings(command)),
      ...progress,
      delivered: values.delivered,
      ghostEntry: ghostEntry(command),
    }),
  );
  const { total, same, missing, different, undelivered, remoteOnly, failures } = summary;
  for (const path of missing) print(terminal, `✘ ${path}: is not at Cloudinary.`);
  for (const path of different) print(terminal, `✘ ${path}: is another file at Cloudinary.`);
  for (const path of undelivered) print(terminal, `✘ ${path}: is at Cloudinary and not delivered.`);
  for (const { path, sentence } of failures) print(terminal, `✘ ${path}: ${sentence}`);
  // While the adapter is in use, that is where new files are.
  const alone = values.both ? remoteOnly : [];
  for (const path of alone) print(terminal, `✘ ${path}: is at Cloudinary alone.`);
  print(
    terminal,
    `${total} files: ${same} the same, ${missing.length} missing, ${different.length} different, ` +
      `${undelivered.length} not delivered, ${failures.length} failed, ` +
      `${remoteOnly.length} at Cloudinary alone, in ${seconds}.`,
  );
  const wrong = [missing, different, undelivered, failures, alone];
  return exitCode(terminal, stopped, wrong.flat().length);
}

async function runEdge(command: Command): Promise<number> {
  const { values, terminal, words } = command;
  const [kind = ''] = words;
  const writers: Record<string, typeof caddyfile> = {
    caddy: caddyfile,
    nginx: nginxConfig,
    worker: workerModule,
  };
  const write = writers[kind];
  if (write === undefined)
    throw usageError(`edge needs one of ${Object.keys(writers).join(', ')}.`);
  const ghost = settings(command);
  const [images] = openStores(ghost, ['images']);
  if (images === undefined) return 1;
  const theme =
    values.theme &&
    JSON.parse(readFileSync(resolve(terminal.cwd(), values.theme, 'package.json'), 'utf8'));
  const rules = edgeRules({
    options: images.options,
    siteUrl: values.site ?? ghost.siteUrl ?? '',
    edgeUrl: values.edge ?? String(at(ghost.config, 'urls', 'image') ?? ''),
    themeSizes: themeSizes(theme),
    resolver: values.resolver,
  });
  terminal.stdout.write(write(rules));
  return 0;
}

function settings({ values, terminal }: Command): GhostSettings {
  return readGhostSettings({ dir: terminal.cwd(), file: values.config, env: terminal.env });
}

function ghostEntry({ values: { ghost }, terminal }: Command): string | undefined {
  const folders = ghost === undefined ? ['current', '.'] : [ghost];
  const entries = folders.map((folder) => resolve(terminal.cwd(), folder, 'index.js'));
  return entries.find((entry) => existsSync(entry));
}

function work({ values: { stores, concurrency } }: Command, ghost: GhostSettings) {
  const wanted = stores.split(',').map((name) => {
    if (STORES.includes(name as StoreName)) return name as StoreName;
    throw usageError(`--stores: ${name} is not one of ${STORES.join(', ')}.`);
  });
  if (!/^[1-9]\d?$/.test(concurrency)) throw usageError('--concurrency must be 1 to 99.');
  return { stores: openStores(ghost, wanted), concurrency: Number(concurrency) };
}

/** Runs a command with a progress bar; an interrupt lets it end what it began. */
async function withProgress<Summary>(
  terminal: Terminal,
  run: (context: {
    onProgress: ReturnType<typeof createProgressBar>['update'];
    signal: AbortSignal;
  }) => Promise<Summary>,
): Promise<{ summary: Summary; seconds: string; stopped: boolean }> {
  const startedAt = performance.now();
  const bar = createProgressBar(terminal.stderr);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    const summary = await run({ onProgress: bar.update, signal: stop.signal });
    const seconds = duration((performance.now() - startedAt) / 1000);
    return { summary, seconds, stopped: stop.signal.aborted };
  } finally {
    bar.end();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

function exitCode(terminal: Terminal, stopped: boolean, wrong: number): number {
  if (stopped) print(terminal, 'Interrupted. Run the same command to go on.');
  return stopped ? 130 : wrong > 0 ? 1 : 0;
}

function usageError(message: string): StorageError {
  return new StorageError('IncorrectUsageError', 'COMMAND_INVALID', message);
}

function print(terminal: Terminal, line: string): void {
  terminal.stdout.write(`${line}\n`);
}

/** Runs a command to its end and returns its exit code. */
export async function runCommand(args: string[], terminal: Terminal): Promise<number> {
  try {
    const { values, positionals } = readArguments(args);
    const [name = '', ...words] = positionals;
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (values.help || name === 'help') {
      terminal.stdout.write(HELP);
      return 0;
    }
    if (command !== undefined) return await command({ values, words, terminal });
    terminal.stderr.write(HELP);
    return 2;
  } catch (error) {
    terminal.stderr.write(`${sentenceOf(error)}\n`);
    const code = (error as { code?: string }).code ?? '';
    return code === 'COMMAND_INVALID' || code.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
  }
}
