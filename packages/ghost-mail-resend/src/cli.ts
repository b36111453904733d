#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { createLogger, type ProsoraError, readOptions, stopGracefully } from '@prosora/service';
import { startMailBridge } from './bridge.ts';
import { examine } from './doctor.ts';
import { MailBridgeError } from './errors.ts';
import { mailOptions } from './options.ts';
import { readProgress } from './status.ts';
import { openMailStore } from './store.ts';

const OLDEST_NODE = 24;

const HELP = `Usage: prosora-mail [serve | doctor | status [email-id] | dead | replay <id>…]

The bridge between Ghost's Mailgun client and Resend.

  serve            runs the bridge (the default)
  doctor           looks at the key, the domains, the webhook, the clock and the data folder
  status           how far the newest newsletters are, or the one with this id of Ghost
  dead             chunks that were given up, or of which nobody can say whether they were sent
  replay <id>…     tries such chunks again; one that may have been sent is never sent again

Options are environment variables:

${Object.values(mailOptions)
  .map(({ env, description }) => `  ${env}\n      ${description}`)
  .join('\n')}
`;

const VERBS: Record<string, (args: string[]) => Promise<void>> = {
  serve,
  doctor,
  status,
  dead,
  replay,
  help: async () => void process.stdout.write(HELP),
};

async function serve(): Promise<void> {
  const { apiKey, domains, logLevel, ...options } = readOptions(mailOptions);
  const logger = createLogger({
    name: 'mail',
    level: logLevel,
    secrets: [apiKey, options.resendApiKey, ...options.webhookSecrets],
  });
  const sites = [{ name: 'ghost', apiKey, domains }];
  const bridge = await startMailBridge({ ...options, sites, logger });
  stopGracefully({ stop: () => bridge.stop(), logger });
}

async function doctor(): Promise<void> {
  const findings = await examine(readOptions(mailOptions));
  for (const { what, ok, sentence } of findings) print(`${ok ? '✔' : '✘'} ${what}: ${sentence}`);
  if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
}

async function status([emailId]: string[]): Promise<void> {
  await using opened = await open();
  const progress = await readProgress(opened, emailId);
  if (emailId !== undefined && progress.length === 0) {
    throw new MailBridgeError('NOT_FOUND', `The bridge holds no newsletter ${emailId}.`);
  }
  for (const { emailId: id, acceptedAt, ...counts } of progress) {
    const shown = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
    print(`${id}  ${acceptedAt.toISOString()}  ${shown.join('  ')}`);
  }
  const jobs = await opened.chunks.counts();
  const pending = Object.entries(jobs).filter(([state]) => state !== 'done');
  print(`chunks: ${pending.map(([state, count]) => `${state} ${count}`).join('  ') || 'all sent'}`);
}

async function dead(): Promise<void> {
  await using opened = await open();
  for (const queue of [opened.chunks, opened.suppressions]) {
    for (const job of await queue.list({ states: ['dead', 'ambiguous'] })) {
      print(`${job.id}  ${job.state}  ${job.settledAt?.toISOString()}  ${job.reason}`);
    }
  }
}

async function replay(ids: string[]): Promise<void> {
  await using opened = await open();
  const replayed = new Set<string>();
  for (const queue of [opened.chunks, opened.suppressions]) {
    for (const id of await queue.replay(ids)) replayed.add(id);
  }
  for (const id of replayed) print(`${id} will be tried again.`);
  const missing = ids.filter((id) => !replayed.has(id));
  if (missing.length === 0) return;
  throw new MailBridgeError('NOT_FOUND', `The bridge holds no chunk ${missing.join(', ')}.`);
}

/** The verbs that only need the file work while the service runs, and without its secrets. */
async function open() {
  const { dataDir } = readOptions({ dataDir: mailOptions.dataDir });
  const opened = await openMailStore(dataDir);
  return { ...opened, [Symbol.asyncDispose]: () => opened.store.close() };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    throw new MailBridgeError('NODE_TOO_OLD', `The mail bridge needs Node ${OLDEST_NODE}.`);
  }
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  const [verb = 'serve', ...args] = values.help ? ['help'] : positionals;
  const run = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (run === undefined) process.exitCode = 2;
  await (run ?? VERBS['help'])?.(args);
} catch (error) {
  // A stack says nothing to someone whose port is taken.
  const { message, help } = error as ProsoraError;
  process.stderr.write(`${[message, help].filter(Boolean).join(' ')}\n`);
  process.exitCode = 1;
}
