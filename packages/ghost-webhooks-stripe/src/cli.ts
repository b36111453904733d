#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  createLogger,
  type OptionValues,
  type ProsoraError,
  readOptions,
  stopGracefully,
} from '@prosora/service';
import { examine } from './doctor.ts';
import { StripeWebhookError } from './errors.ts';
import { createGhost } from './ghost.ts';
import { type Inbox, openInbox } from './inbox.ts';
import { stripeOptions } from './options.ts';
import { INBOX_FILE, startStripeService } from './service.ts';
import { formatStatus, listUndelivered, readStatus } from './status.ts';

const HELP = `Usage: prosora-stripe [verb]

  serve            Take Stripe's events and deliver them to Ghost (the default)
  doctor           Look at everything that serve needs and say what to do
  status [--json]  Show where the inbox stands
  dead [--json]    List the events that Ghost will not get by itself, and why
  replay <id>…     Send such events to Ghost again; --all for all of them

Options are environment variables; a secret may also be a file named by <NAME>_FILE:

${Object.values(stripeOptions)
  .map(({ env, description }) => `  ${env}\n      ${description}`)
  .join('\n')}
`;

/** Bounds how long `serve` has to wait for its turn to write. */
const REPLAYED_AT_ONCE = 500;

interface Flags {
  ids: string[];
  all: boolean;
  json: boolean;
}

type Verb = (flags: Flags, values: OptionValues<typeof stripeOptions>) => Promise<void>;

const VERBS: Record<string, Verb> = {
  async serve(_flags, values) {
    const secrets = [...values.secrets, ...values.ghostSecrets];
    const logger = createLogger({ name: 'stripe-inbox', level: values.logLevel, secrets });
    const service = await startStripeService(values, logger);
    const { url, privateUrl } = service;
    logger.info({ url: url + values.path, privateUrl, ghost: values.ghostUrl }, 'ready');
    stopGracefully({ stop: service.stop, logger });
  },
  async doctor(_flags, values) {
    const findings = await examine({
      ghost: createGhost({ url: values.ghostUrl, secrets: values.ghostSecrets }),
      openInbox: () => openInbox(inboxOf(values)),
      ghostUrl: values.ghostUrl,
      nodeMajor: nodeMajor(),
    });
    for (const { ok, text } of findings) print(`${ok ? '✔' : '✘'} ${text}\n`);
    if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
  },
  status: ({ json }, values) =>
    withInbox(values, async (inbox) => {
      const status = await readStatus(inbox);
      print(json ? asJson(status) : formatStatus(status));
    }),
  dead: ({ json }, values) =>
    withInbox(values, async (inbox) => {
      const events = await listUndelivered(inbox);
      if (json) return print(asJson(events));
      for (const { id, state, reason } of events) print(`${id}  ${state}  ${reason}\n`);
    }),
  replay: ({ ids, all }, values) =>
    withInbox(values, async (inbox) => {
      const wanted = all ? (await listUndelivered(inbox)).map(({ id }) => id) : ids;
      let replayed = 0;
      for (let at = 0; at < wanted.length; at += REPLAYED_AT_ONCE) {
        replayed += (await inbox.replay(wanted.slice(at, at + REPLAYED_AT_ONCE))).length;
      }
      print(`${replayed} of ${wanted.length} will be delivered.\n`);
      if (replayed < wanted.length) process.exitCode = 1;
    }),
};

async function withInbox(
  values: OptionValues<typeof stripeOptions>,
  work: (inbox: Inbox) => Promise<void>,
): Promise<void> {
  const options = inboxOf(values);
  if (!existsSync(options.file)) {
    throw new StripeWebhookError('DATA_DIR', `There is no inbox at ${options.file}.`, {
      help: 'Set PROSORA_STRIPE_DATA_DIR to the folder that serve uses.',
    });
  }
  await using inbox = await openInbox(options);
  await work(inbox);
}

function inboxOf({ dataDir, livemode }: OptionValues<typeof stripeOptions>) {
  return { file: join(dataDir, INBOX_FILE), livemode };
}

function nodeMajor(): number {
  return Number(process.versions.node.split('.')[0]);
}

function print(text: string): void {
  process.stdout.write(text);
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function run(args: string[]): Promise<void> {
  const { values: flags, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const [name = 'serve', ...ids] = positionals;
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (flags.help || verb === undefined) {
    print(HELP);
    if (!flags.help) process.exitCode = 2;
    return;
  }
  if (nodeMajor() < 24) {
    throw new StripeWebhookError('NODE_TOO_OLD', `This is Node ${process.versions.node}.`, {
      help: 'The inbox needs Node 24 or later; only the library runs on Node 22.',
    });
  }
  await verb({ ids, all: flags.all, json: flags.json }, readOptions(stripeOptions));
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  // A stack says nothing to someone whose variable is missing or whose port is taken.
  const { message, help } = error as ProsoraError;
  process.stderr.write(`${[message, help].filter(Boolean).join(' ')}\n`);
  process.exitCode = 1;
}
