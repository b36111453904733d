#!/usr/bin/env node
import { defineCommand, runAsProcess } from '@prosora/service';
import manifest from '../package.json' with { type: 'json' };
import { stackOptions } from './options.ts';
import { backup } from './verbs/backup.ts';
import { config } from './verbs/config.ts';
import { doctor } from './verbs/doctor.ts';
import { drill } from './verbs/drill.ts';
import { logs } from './verbs/logs.ts';
import { notify } from './verbs/notify.ts';
import { open } from './verbs/open.ts';
import { restore } from './verbs/restore.ts';
import { set } from './verbs/set.ts';
import { status } from './verbs/status.ts';
import { down, up } from './verbs/up.ts';

await runAsProcess(
  defineCommand({
    name: 'prosora',
    version: manifest.version,
    about: 'Installs, checks and explains the stack of a Ghost that you host yourself.',
    options: stackOptions,
    verbs: { up, down, status, doctor, logs, config, set, open, notify, backup, restore, drill },
  }),
);
