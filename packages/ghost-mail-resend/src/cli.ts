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
import { startMailBridge } from './bridge.ts';
import { MailBridgeError } from './errors.ts';
import { VERBS } from './operate/verbs.ts';
import { mailOptions, pixelOriginOf, placeOf, sitesOf } from './options.ts';

const OLDEST_NODE = 24;

const HELP = `Usage: prosora-mail [verb]

The bridge between Ghost's Mailgun client and Resend.

  serve                      runs the bridge (the default)
  init                       makes the store, once, before the first start
  doctor                     looks at the key, the domains, the webhook, the clock and the store;
                             --ghost-config FILE: and at where Ghost sends newsletters and sign-in mails
  setup                      makes the webhook at Resend and stores its secret; --replace: a new one
  status [email-id]          how far the newest newsletters are, or one; --watch: until it is done
  pause <email-id>           holds a newsletter back
  resume <email-id>          lets it go on
  cancel <email-id>          ends it: who was not sent it gets nothing
  dead                       chunks that were given up, or of which nobody can say whether they were sent
  replay <id>…               tries such chunks again; one that may have been sent is never sent again
  trust-clock                says that the machine's clock is right, after a jump that the bridge doubts
  export <email-id>          its recipients and what became of them, as CSV; --failed: only failures
  erase ADDRESS              says what the store has of a reader; --yes: and takes it out
  import-suppressions FILE   puts addresses that Mailgun exported on the suppression list of Resend

Options are environment variables:

${Object.values(mailOptions)
  .map(({ env, description }) => `  ${env}\n      ${description}`)
  .join('\n')}
`;

/** Else V8 lets the garbage of a newsletter pile up to several times what is in use. */
const SMALL_HEAP = ['--optimize-for-size', '--semi-space-growth-factor=1'];

async function serve(): Promise<void> {
  SMALL_HEAP.forEach(setFlagsFromString);
  const { logLevel, ...options } = readOptions(mailOptions);
  const sites = sitesOf(options);
  const logger = createLogger({
    name: 'mail',
    level: logLevel,
    secrets: secretsOf(mailOptions, options),
  });
  const bridge = await startMailBridge({
    ...options,
    sites,
    place: placeOf(options),
    pixelOrigin: pixelOriginOf(options),
    logger,
  });
  stopGracefully({ stop: () => bridge.stop(), logger });
}

try {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    throw new MailBridgeError('NODE_TOO_OLD', `The mail bridge needs Node ${OLDEST_NODE}.`);
  }
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      watch: { type: 'boolean' },
      failed: { type: 'boolean' },
      replace: { type: 'boolean' },
      yes: { type: 'boolean' },
      'ghost-config': { type: 'string' },
    },
  });
  const [verb = 'serve', ...args] = values.help ? ['help'] : positionals;
  const run = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (verb === 'serve') await serve();
  else if (run !== undefined) await run({ args, flags: values });
  else {
    process.stdout.write(HELP);
    if (verb !== 'help') process.exitCode = 2;
  }
} catch (error) {
  // A stack says nothing to someone whose port is taken.
  const { message, help } = error as ProsoraError;
  process.stderr.write(`${[message, help].filter(Boolean).join(' ')}\n`);
  process.exitCode = 1;
}
