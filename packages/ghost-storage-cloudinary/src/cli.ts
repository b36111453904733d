#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { examine } from './cli/doctor.ts';
import { at, type GhostSettings, readGhostSettings } from './cli/ghost-config.ts';
import { createProgressBar, duration } from './cli/progress.ts';
import { pull } from './cli/pull.ts';
import { push } from './cli/push.ts';
import { sentenceOf } from './cli/remote-list.ts';
import { openStores, STORES, type StoreName } from './cli/stores.ts';
import { verify } from './cli/verify.ts';
import { caddyfile } from './edge/caddy.ts';
import { nginxConfig } from './edge/nginx.ts';
import { edgeRules, themeSizes } from './edge/rules.ts';
import { workerModule } from './edge/worker.ts';
import { StorageError } from './errors.ts';

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
  --site <url>           edge: the site (default: Ghost's url)
  --edge <url>           edge: the asset host (default: Ghost's urls.image)
  --theme <folder>       edge: the active theme, for its image sizes

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
  site: { type: 'string' },
  edge: { type: 'string' },
  theme: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

type Arguments = ReturnType<typeof readArguments>['values'];

const JOURNAL = '.ghost-cloudinary-push.jsonl';

const COMMANDS: Record<string, (values: Arguments, words: string[]) => Promise<number>> = {
  doctor: runDoctor,
  push: runPush,
  pull: runPull,
  verify: runVerify,
  edge: runEdge,
};

function readArguments() {
  return parseArgs({ options: OPTIONS, allowPositionals: true });
}

async function runDoctor(values: Arguments): Promise<number> {
  const findings = await examine(settings(values), ghostEntry(values));
  const marks = { ok: '✔', warning: '!', problem: '✘' } as const;
  for (const { what, status, sentence } of findings) print(`${marks[status]} ${what}: ${sentence}`);
  return findings.some(({ status }) => status === 'problem') ? 1 : 0;
}

async function runPush(values: Arguments): Promise<number> {
  const ghost = settings(values);
  const dryRun = values['dry-run'];
  const { summary, seconds, stopped } = await withProgress((progress) =>
    push({
      ...work(values, ghost),
      ...progress,
      dryRun,
      journalFile: values.journal ?? join(ghost.contentPath, JOURNAL),
      ghostEntry: ghostEntry(values),
    }),
  );
  const { total, uploaded, present, conflicts, failures, bytes } = summary;
  for (const path of conflicts) print(`✘ ${path}: Cloudinary has another file of this name.`);
  for (const { path, sentence } of failures) print(`✘ ${path}: ${sentence}`);
  const verb = dryRun ? 'to upload' : 'uploaded';
  print(
    `${total} files: ${uploaded} ${verb} (${(bytes / 1e6).toFixed(1)} MB), ${present} there already, ` +
      `${conflicts.length} in conflict, ${failures.length} failed, in ${seconds}.`,
  );
  return exitCode(stopped, conflicts.length + failures.length);
}

async function runPull(values: Arguments): Promise<number> {
  const dryRun = values['dry-run'];
  const { summary, seconds, stopped } = await withProgress((progress) =>
    pull({ ...work(values, settings(values)), ...progress, dryRun }),
  );
  const { total, downloaded, present, conflicts, foreign, failures, bytes } = summary;
  for (const path of conflicts) print(`✘ ${path}: another file of this name is here; it stays.`);
  for (const id of foreign) print(`! ${id}: no path of Ghost leads to it; left out.`);
  for (const { path, sentence } of failures) print(`✘ ${path}: ${sentence}`);
  const verb = dryRun ? 'to download' : 'downloaded';
  print(
    `${total} files: ${downloaded} ${verb} (${(bytes / 1e6).toFixed(1)} MB), ${present} here already, ` +
      `${conflicts.length} in conflict, ${failures.length} failed, in ${seconds}.`,
  );
  return exitCode(stopped, conflicts.length + failures.length);
}

async function runVerify(values: Arguments): Promise<number> {
  const { summary, seconds, stopped } = await withProgress((progress) =>
    verify({
      ...work(values, settings(values)),
      ...progress,
      delivered: values.delivered,
      ghostEntry: ghostEntry(values),
    }),
  );
  const { total, same, missing, different, undelivered } = summary;
  for (const path of missing) print(`✘ ${path}: is not at Cloudinary.`);
  for (const path of different) print(`✘ ${path}: is another file at Cloudinary.`);
  for (const path of undelivered) print(`✘ ${path}: is at Cloudinary and not delivered.`);
  print(
    `${total} files: ${same} the same, ${missing.length} missing, ${different.length} different, ` +
      `${undelivered.length} not delivered, in ${seconds}.`,
  );
  return exitCode(stopped, missing.length + different.length + undelivered.length);
}

async function runEdge(values: Arguments, [kind = '']: string[]): Promise<number> {
  const writers: Record<string, typeof caddyfile> = {
    caddy: caddyfile,
    nginx: nginxConfig,
    worker: workerModule,
  };
  const write = writers[kind];
  if (write === undefined)
    throw usageError(`edge needs one of ${Object.keys(writers).join(', ')}.`);
  const ghost = settings(values);
  const [images] = openStores(ghost, ['images']);
  if (images === undefined) return 1;
  const theme =
    values.theme && JSON.parse(readFileSync(join(values.theme, 'package.json'), 'utf8'));
  const rules = edgeRules({
    options: images.options,
    siteUrl: values.site ?? ghost.siteUrl ?? '',
    edgeUrl: values.edge ?? String(at(ghost.config, 'urls', 'image') ?? ''),
    themeSizes: themeSizes(theme),
  });
  process.stdout.write(write(rules));
  return 0;
}

function settings(values: Arguments): GhostSettings {
  return readGhostSettings({ dir: process.cwd(), file: values.config });
}

function ghostEntry({ ghost }: Arguments): string | undefined {
  const folders = ghost === undefined ? ['current', '.'] : [ghost];
  const entries = folders.map((folder) => join(process.cwd(), folder, 'index.js'));
  return entries.find((entry) => readable(entry)) ?? entries[0];
}

function readable(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

function work({ stores, concurrency }: Arguments, ghost: GhostSettings) {
  const wanted = stores.split(',').map((name) => {
    if (STORES.includes(name as StoreName)) return name as StoreName;
    throw usageError(`--stores: ${name} is not one of ${STORES.join(', ')}.`);
  });
  if (!/^[1-9]\d?$/.test(concurrency)) throw usageError('--concurrency must be 1 to 99.');
  return { stores: openStores(ghost, wanted), concurrency: Number(concurrency) };
}

/** Runs a command with a progress bar; an interrupt lets it end what it began. */
async function withProgress<Summary>(
  run: (context: {
    onProgress: ReturnType<typeof createProgressBar>['update'];
    signal: AbortSignal;
  }) => Promise<Summary>,
): Promise<{ summary: Summary; seconds: string; stopped: boolean }> {
  const startedAt = performance.now();
  const bar = createProgressBar();
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

function exitCode(stopped: boolean, wrong: number): number {
  if (stopped) print('Interrupted. Run the same command to go on.');
  return stopped ? 130 : wrong > 0 ? 1 : 0;
}

function usageError(message: string): StorageError {
  return new StorageError('IncorrectUsageError', 'COMMAND_INVALID', message);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  try {
    const { values, positionals } = readArguments();
    const [name = '', ...words] = positionals;
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (values.help || name === 'help' || command === undefined) {
      (command || values.help || name === 'help' ? process.stdout : process.stderr).write(HELP);
      return command || values.help || name === 'help' ? 0 : 2;
    }
    return await command(values, words);
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    const code = (error as { code?: string }).code ?? '';
    return code === 'COMMAND_INVALID' || code.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
  }
}

process.exitCode = await main();
