#!/usr/bin/env node
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
import { startEngine } from './engine.ts';
import { engineOptions } from './options.ts';
import { backup, restore, salvage } from './verbs/backups.ts';
import { trustClock } from './verbs/clock.ts';
import { doctor } from './verbs/doctor.ts';
import { erase, exportRows, retention } from './verbs/rows.ts';
import { status } from './verbs/status.ts';
import { confirm } from './verbs/upgrade.ts';

const serve = verb({
  help: "Answers Tinybird's API from the data directory",
  needs: engineOptions,
  async run({ options }) {
    const logger = createLogger({
      name: 'engine',
      level: options.logLevel,
      secrets: secretsOf(engineOptions, options),
    });
    const engine = await startEngine(options, logger);
    stopGracefully({ stop: () => engine.close(), logger });
    reloadOnHangup(logger, () => {
      const operator = ['dataDir', 'operatorToken', 'operatorReadToken'] as const;
      const tokens = pick(engineOptions, 'adminToken', 'trackerToken', 'siteTokens', ...operator);
      const renewed = readOptions(tokens);
      engine.renewTokens(renewed);
      engine.renewOperatorTokens(renewed);
      return secretsOf(tokens, renewed);
    });
    return 0;
  },
});

await runAsProcess(
  defineCommand({
    name: 'prosora-engine',
    version: manifest.version,
    about: "Ghost's own analytics on this machine: its Tinybird project on an embedded ClickHouse.",
    options: engineOptions,
    verbs: {
      serve,
      status,
      doctor,
      backup,
      restore,
      salvage,
      export: exportRows,
      retention,
      erase,
      'trust-clock': trustClock,
      confirm,
    },
  }),
);
