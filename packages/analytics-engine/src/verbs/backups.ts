import { mkdir } from 'node:fs/promises';
import { pick, verb } from '@prosora/service';
import { findBackup } from '../care/backup.ts';
import { takeDataDir } from '../care/data-dir-lock.ts';
import { allowLoss } from '../care/open-checked.ts';
import { restoreBackup } from '../care/restore.ts';
import { databaseSettings } from '../database/database-settings.ts';
import { engineOptions } from '../options.ts';
import { operatorClientOptions, operatorOf } from './operator.ts';

/** Asks the running engine for a copy of everything. */
export const backup = verb({
  help: 'Copies everything while the engine serves',
  needs: operatorClientOptions,
  async run({ options, show }) {
    show(await operatorOf(options).ask('backup', {}), ({ path }) => `Backed up to ${path}`);
    return 0;
  },
});

/** Works on the data directory itself, since no engine may run on it. */
export const restore = verb({
  help: 'Puts the newest backup, or the one named, in place of the data, which is set aside; only while no engine runs',
  args: '[name]',
  needs: pick(engineOptions, 'dataDir', 'backupDir', 'memoryLimitMb', 'maxQuerySeconds'),
  async run({ options, args: [name], show }) {
    const settings = databaseSettings(options);
    await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
    using _lock = takeDataDir(settings.dataDir);
    const found = await findBackup(settings.backupDir, name);
    const aside = await restoreBackup(settings, found, new Date());
    show({ backup: found, aside }, () => [
      `Restored ${found.name}. Start the engine: it brings the data to the present datafiles.`,
      aside ? `What was there is in ${aside}` : 'There was no data before.',
    ]);
    return 0;
  },
});

/** Leaves a word for the next start. */
export const salvage = verb({
  help: 'Lets the next start go on with what is left of torn data that no backup can mend; only while no engine runs',
  needs: pick(engineOptions, 'dataDir'),
  async run({ options: { dataDir }, show }) {
    using _lock = takeDataDir(dataDir);
    await allowLoss(dataDir);
    show(
      { dataDir },
      () => 'The next start goes on with what is left, and sets aside what is broken.',
    );
    return 0;
  },
});
