#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import {
  createLogger,
  defineCommand,
  runAsProcess,
  secretsOf,
  stopGracefully,
  verb,
} from '@prosora/service';
import manifest from '../package.json' with { type: 'json' };
import { stripeOptions } from './options.ts';
import { startStripeService } from './service.ts';
import { changes } from './verbs/changes.ts';
import { doctor } from './verbs/doctor.ts';
import { erase } from './verbs/erase.ts';
import { init } from './verbs/init.ts';
import { list, show, status } from './verbs/inspect.ts';
import { replay, skip } from './verbs/operate.ts';
import { reconcile } from './verbs/reconcile.ts';
import { restored } from './verbs/restored.ts';
import { rotate } from './verbs/rotate.ts';
import { sign, verify } from './verbs/signatures.ts';
import { takeover } from './verbs/takeover.ts';
import { trust } from './verbs/trust-clock.ts';

const serve = verb({
  help: "Takes Stripe's events and delivers them to Ghost",
  needs: stripeOptions,
  async run({ options }) {
    // Under load V8 lets its young generation grow to 48 MB and never gives them back. An event lives for
    // milliseconds, so the first size does as well, and the memory of the process stays flat.
    setFlagsFromString('--semi-space-growth-factor=1');
    const secrets = secretsOf(stripeOptions, options);
    const logger = createLogger({ name: 'stripe-inbox', level: options.logLevel, secrets });
    const service = await startStripeService(options, logger);
    const { url, privateUrl } = service;
    const where = { url: url + options.path, privateUrl, ghost: options.ghostUrl };
    logger.info({ event: 'service.ready', ...where }, 'ready');
    stopGracefully({ stop: service.stop, logger });
    return 0;
  },
});

await runAsProcess(
  defineCommand({
    name: 'prosora-stripe',
    version: manifest.version,
    about: 'Stripe webhooks for Ghost that are never lost: a durable inbox in front of Ghost.',
    options: stripeOptions,
    verbs: {
      serve,
      init,
      doctor,
      status,
      list,
      show,
      changes,
      replay,
      skip,
      takeover,
      rotate,
      reconcile,
      restored,
      erase,
      'trust-clock': trust,
      sign,
      verify,
    },
  }),
);
