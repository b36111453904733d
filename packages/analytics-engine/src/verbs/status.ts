import { pick, readServiceStatus, verb } from '@prosora/service';
import { listBackups } from '../care/backup.ts';
import { clockRecordOf, clockSentence } from '../care/clock-file.ts';
import { backupDirOf } from '../database/database-settings.ts';
import { engineOptions } from '../options.ts';

/** What the running engine says of itself, and the backups that are there. */
export const status = verb({
  help: 'Says whether a running engine is ready, counts its rows, restarts and waiting requests, and lists its backups',
  needs: pick(engineOptions, 'privateHost', 'privatePort', 'dataDir', 'backupDir'),
  async run({ options, show }) {
    const { isReady, lines } = await readServiceStatus({
      ...options,
      name: 'engine',
      hidden: 'prosora_query_seconds',
    });
    // The engine may run as another user, whose folder cannot be read.
    const saved = await Promise.resolve(clockRecordOf(options.dataDir).read()).catch(
      () => undefined,
    );
    const clockDoubt = saved?.doubt;
    const backups = await listBackups(backupDirOf(options));
    show({ isReady, lines, clockDoubt, backups }, () => [
      ...lines,
      ...(clockDoubt ? [clockSentence(clockDoubt)] : []),
      ...backups.map(({ name, createdAt }) => `backup ${name}, taken ${createdAt.toISOString()}`),
    ]);
    return isReady ? 0 : 1;
  },
});
