import { pick, verb } from '@prosora/service';
import { askEngine } from '../care/control.ts';
import { engineOptions } from '../options.ts';

/** Ends an upgrade of the datafiles: there is no way back after it. */
export const confirm = verb({
  help: 'Gives up the tables that an upgrade of the datafiles kept as they were',
  needs: pick(engineOptions, 'dataDir'),
  async run({ options: { dataDir }, show }) {
    show(await askEngine<string[]>(dataDir, 'confirm'), (tables) =>
      tables.length > 0 ? `Gave up ${tables.join(', ')}` : 'There was nothing to confirm.',
    );
    return 0;
  },
});
