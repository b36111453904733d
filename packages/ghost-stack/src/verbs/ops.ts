import { setFlagsFromString } from 'node:v8';
import { createLogger, secretsOf, stopGracefully, verb } from '@prosora/service';
import { startOps } from '../ops/start-ops.ts';
import { opsOptions } from '../options.ts';

/** It does little, and need not be quick. */
const SMALL_HEAP = ['--optimize-for-size', '--semi-space-growth-factor=1'];

export const ops = verb({
  help: 'Is the service `ops`: backs up and drills by the clock, and tells people',
  needs: opsOptions,
  async run({ options }) {
    SMALL_HEAP.forEach(setFlagsFromString);
    const secrets = secretsOf(opsOptions, options);
    const logger = createLogger({ name: 'ops', level: options.logLevel, secrets });
    const stop = await startOps(options, logger);
    logger.info({ event: 'service.ready' }, 'ready');
    stopGracefully({ stop, logger });
    return 0;
  },
});
