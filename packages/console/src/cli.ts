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
import { startConsole } from './console.ts';
import { consoleOptions } from './options.ts';

/** It mostly waits: what a page leaves behind is collected soon. */
const SMALL_HEAP = ['--optimize-for-size', '--semi-space-growth-factor=1'];

const serve = verb({
  help: 'Shows the console to the owner and the administrators of Ghost',
  needs: consoleOptions,
  async run({ options }) {
    SMALL_HEAP.forEach(setFlagsFromString);
    const secrets = secretsOf(consoleOptions, options);
    const logger = createLogger({ name: 'console', level: options.logLevel, secrets });
    const { url, privateUrl, stop } = await startConsole(options, logger);
    logger.info({ event: 'service.ready', url, privateUrl }, 'ready');
    stopGracefully({ stop, logger });
    return 0;
  },
});

await runAsProcess(
  defineCommand({
    name: 'prosora-console',
    version: manifest.version,
    about: "One page for everything about a Ghost site, behind Ghost's own login.",
    options: consoleOptions,
    verbs: { serve },
  }),
);
