import { type Command, defineCommand } from '@prosora/service';
import manifest from '../package.json' with { type: 'json' };
import { stackOptions } from './options.ts';
import { backup } from './verbs/backup.ts';
import { completionOf } from './verbs/completion.ts';
import { config } from './verbs/config.ts';
import { doctor } from './verbs/doctor.ts';
import { drill } from './verbs/drill.ts';
import { history } from './verbs/history.ts';
import { init } from './verbs/init.ts';
import { jobs } from './verbs/jobs.ts';
import { logs } from './verbs/logs.ts';
import { media } from './verbs/media.ts';
import { notify } from './verbs/notify.ts';
import { open } from './verbs/open.ts';
import { ops } from './verbs/ops.ts';
import { requests } from './verbs/requests.ts';
import { restore } from './verbs/restore.ts';
import { rollback } from './verbs/rollback.ts';
import { secrets } from './verbs/secrets.ts';
import { set } from './verbs/set.ts';
import { staging } from './verbs/staging.ts';
import { status } from './verbs/status.ts';
import { support } from './verbs/support.ts';
import { uninstall } from './verbs/uninstall.ts';
import { down, up } from './verbs/up.ts';
import { update } from './verbs/update.ts';
import { version } from './verbs/version.ts';

const completion = completionOf(() => command.verbs);

/** The command `prosora`. */
export const command: Command = defineCommand({
  name: 'prosora',
  version: manifest.version,
  about: 'Installs, checks and explains the stack of a Ghost that you host yourself.',
  options: stackOptions,
  verbs: {
    init,
    up,
    down,
    status,
    doctor,
    logs,
    requests,
    jobs,
    media,
    config,
    set,
    secrets,
    open,
    notify,
    backup,
    restore,
    drill,
    staging,
    update,
    rollback,
    history,
    ops,
    support,
    version,
    completion,
    uninstall,
  },
});
