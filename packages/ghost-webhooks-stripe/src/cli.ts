#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import {
  createLogger,
  type ProsoraError,
  readOptions,
  secretsOf,
  stopGracefully,
} from '@prosora/service';
import { StripeWebhookError } from './errors.ts';
import { stripeOptions } from './options.ts';
import { startStripeService } from './service.ts';
import { doctor } from './verbs/doctor.ts';
import { erase } from './verbs/erase.ts';
import { init } from './verbs/init.ts';
import { list, show, status } from './verbs/inspect.ts';
import { replay, skip } from './verbs/operate.ts';
import { rotate, takeover } from './verbs/placement.ts';
import { reconcile } from './verbs/reconcile.ts';
import { sign, verify } from './verbs/signatures.ts';
import { trust } from './verbs/trust-clock.ts';
import { print, type Verb } from './verbs/verb.ts';

const HELP = `Usage: prosora-stripe [verb]

  serve              Take Stripe's events and deliver them to Ghost (the default)
  init               Make the inbox, once, before the first start
  doctor             Look at everything that serve needs and say what to do
  status             Show where the inbox stands
  list               List events, newest first: --state, --type, --customer, --limit
  show <id>          Show one event with its deliveries; --payload also what is in it
  replay <id>…       Send events to Ghost again; --state, --type, --customer, or --all that it lacks
  skip <id>…         Take events out that Ghost need not get
  takeover           Make the endpoint at Stripe and print the line that Ghost needs; --finish, --undo
  rotate <which>     Change the secret of stripe or ghost without a gap; then --finish
  reconcile          Compare with Stripe: --since 30d or --all; --apply repairs
  erase <address>    Show what is here of a reader; --yes erases it
  trust-clock        Say that the machine's clock is right after it jumped
  sign <file>        Print the header with which Ghost takes a body
  verify <file>      Check a body against --signature

--json prints for a program. Options are environment variables, and <NAME>_FILE names a file with the value:

${Object.values(stripeOptions)
  .map(({ env, description }) => `  ${env}\n      ${description}`)
  .join('\n')}
`;

const serve: Verb = async (_flags, values) => {
  // Under load V8 lets its young generation grow to 48 MB and never gives them back. An event lives for
  // milliseconds, so the first size does as well, and the memory of the process stays flat.
  setFlagsFromString('--semi-space-growth-factor=1');
  const secrets = secretsOf(stripeOptions, values);
  const logger = createLogger({ name: 'stripe-inbox', level: values.logLevel, secrets });
  const service = await startStripeService(values, logger);
  const { url, privateUrl } = service;
  logger.info({ url: url + values.path, privateUrl, ghost: values.ghostUrl }, 'ready');
  stopGracefully({ stop: service.stop, logger });
};

const VERBS: Record<string, Verb> = {
  serve,
  init,
  doctor,
  status,
  list,
  show,
  replay,
  skip,
  takeover,
  rotate,
  reconcile,
  erase,
  'trust-clock': trust,
  sign,
  verify,
};

async function run(args: string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const off = { type: 'boolean', default: false } as const;
  const { values: flags, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { ...off, short: 'h' },
      all: off,
      json: off,
      apply: off,
      finish: off,
      undo: off,
      payload: off,
      yes: off,
      state: text,
      type: text,
      customer: text,
      limit: text,
      since: text,
      signature: text,
      product: { ...text, multiple: true, default: [] },
    },
  });
  const [name = 'serve', ...rest] = positionals;
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (flags.help || verb === undefined) {
    print(HELP);
    if (!flags.help) process.exitCode = 2;
    return;
  }
  if (Number(process.versions.node.split('.')[0]) < 24) {
    throw new StripeWebhookError('NODE_TOO_OLD', `This is Node ${process.versions.node}.`, {
      help: 'The inbox needs Node 24 or later; only the library runs on Node 22.',
    });
  }
  const { state, type, customer, limit, since, signature, ...others } = flags;
  const filters = { state, type, customer, limit, since, signature };
  await verb({ ...others, ...filters, args: rest }, readOptions(stripeOptions));
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  // A stack says nothing to someone whose variable is missing or whose port is taken.
  const { message, help } = error as ProsoraError;
  process.stderr.write(`${[message, help].filter(Boolean).join(' ')}\n`);
  process.exitCode = 1;
}
