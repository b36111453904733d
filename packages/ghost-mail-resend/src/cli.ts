#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import {
  createLogger,
  defineCommand,
  pick,
  readOptions,
  reloadOnHangup,
  runAsProcess,
  secretsOf,
  stopGracefully,
  verb,
} from '@prosora/service';
import manifest from '../package.json' with { type: 'json' };
import { startMailBridge } from './bridge.ts';
import { doctor } from './operate/verbs/doctor.ts';
import { dead, replay } from './operate/verbs/jobs.ts';
import { cancel, exportNewsletter, pause, resume, status } from './operate/verbs/newsletter.ts';
import { importList, setup } from './operate/verbs/resend.ts';
import { erase, init, restored, trustClock } from './operate/verbs/store.ts';
import { mailOptions, pixelOriginOf, placeOf, sitesOf } from './options.ts';

/** Else V8 lets the garbage of a newsletter pile up to several times what is in use. */
const SMALL_HEAP = ['--optimize-for-size', '--semi-space-growth-factor=1'];

const serve = verb({
  help: 'Runs the bridge until it is stopped',
  needs: mailOptions,
  async run({ options: { logLevel: level, ...options } }) {
    SMALL_HEAP.forEach(setFlagsFromString);
    const sites = sitesOf(options);
    const secrets = secretsOf(mailOptions, options);
    const logger = createLogger({ name: 'mail', level, secrets });
    const bridge = await startMailBridge({
      ...options,
      sites,
      place: placeOf(options),
      pixelOrigin: pixelOriginOf(options),
      logger,
    });
    stopGracefully({ stop: () => bridge.stop(), logger });
    reloadOnHangup(logger, () => {
      const operator = ['dataDir', 'operatorToken', 'operatorReadToken'] as const;
      const keys = pick(mailOptions, 'sites', 'apiKey', 'domains', ...operator);
      const read = readOptions(keys);
      const renewed = sitesOf(read);
      for (const site of sites) {
        const { apiKey, otherKey } = renewed.find(({ name }) => name === site.name) ?? site;
        Object.assign(site, { apiKey, otherKey });
      }
      bridge.renewOperatorTokens(read);
      return secretsOf(keys, read);
    });
    return 0;
  },
});

await runAsProcess(
  defineCommand({
    name: 'prosora-mail',
    version: manifest.version,
    about: "The bridge between Ghost's Mailgun client and Resend.",
    options: mailOptions,
    verbs: {
      serve,
      init,
      doctor,
      setup,
      status,
      pause,
      resume,
      cancel,
      dead,
      replay,
      restored,
      'trust-clock': trustClock,
      export: exportNewsletter,
      erase,
      'import-suppressions': importList,
    },
  }),
);
