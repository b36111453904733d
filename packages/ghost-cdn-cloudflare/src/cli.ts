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
import { cdnOptions } from './options.ts';
import { startCdnService } from './service.ts';
import { dead, init, purge, replay, status } from './verbs/store.ts';
import { doctor, setup } from './verbs/zone.ts';

/** It mostly waits: what a burst of changes leaves behind is collected soon. */
const SMALL_HEAP = ['--optimize-for-size', '--semi-space-growth-factor=1'];

const serve = verb({
  help: 'Takes what Ghost says of changes and purges them everywhere',
  needs: cdnOptions,
  async run({ options }) {
    SMALL_HEAP.forEach(setFlagsFromString);
    const secrets = secretsOf(cdnOptions, options);
    const logger = createLogger({ name: 'cdn', level: options.logLevel, secrets });
    const service = await startCdnService(options, logger);
    const { url, privateUrl } = service;
    logger.info({ event: 'service.ready', url: url + options.path, privateUrl }, 'ready');
    stopGracefully({ stop: service.stop, logger });
    return 0;
  },
});

await runAsProcess(
  defineCommand({
    name: 'prosora-cdn',
    version: manifest.version,
    about: 'Cloudflare kept right for Ghost: what is published is purged.',
    options: cdnOptions,
    verbs: { serve, init, setup, doctor, status, purge, dead, replay },
  }),
);
