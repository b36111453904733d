#!/usr/bin/env node
import {
  createLogger,
  defineCommand,
  runAsProcess,
  secretsOf,
  stopGracefully,
  verb,
} from '@prosora/service';
import manifest from '../package.json' with { type: 'json' };
import { startCollector } from './collector.ts';
import { keepHeapSmall } from './hit/small-heap.ts';
import { collectorOptions } from './options.ts';
import { backfillVerb } from './verbs/backfill.ts';
import { dead, replayVerb } from './verbs/dead.ts';
import { deploy } from './verbs/deploy.ts';
import { doctor } from './verbs/doctor.ts';
import { restored } from './verbs/restored.ts';
import { status, trustClock } from './verbs/status.ts';

const serve = verb({
  help: 'Takes page hits and sends them on',
  needs: collectorOptions,
  async run({ options }) {
    keepHeapSmall();
    const secrets = secretsOf(collectorOptions, options);
    const logger = createLogger({ name: 'collector', level: options.logLevel, secrets });
    const { url, privateUrl, stop } = await startCollector(options, logger);
    const { upstreamUrl: upstream } = options;
    logger.info({ event: 'service.ready', url, privateUrl, upstream }, 'ready');
    stopGracefully({ stop, logger });
    return 0;
  },
});

await runAsProcess(
  defineCommand({
    name: 'prosora-collector',
    version: manifest.version,
    about: "Keeps a Ghost site's page views on disk and sends them to Tinybird or to the engine.",
    options: collectorOptions,
    verbs: {
      serve,
      status,
      doctor,
      dead,
      replay: replayVerb,
      'trust-clock': trustClock,
      deploy,
      backfill: backfillVerb,
      restored,
    },
  }),
);
