import { pick, readServiceStatus, verb } from '@prosora/service';
import { collectorOptions } from '../options.ts';
import { laneDirsIn, spoolBytesIn } from '../spool/data-dir.ts';
import { adviceOn, clockDoubtIn, trustClockIn } from '../visitor/clock.ts';

/** What a running collector says of itself, and what waits in the folder that it shares with others. */
export const status = verb({
  help: 'Shows what a running collector says of itself, and what waits to be sent',
  needs: pick(collectorOptions, 'dataDir', 'privateHost', 'privatePort'),
  async run({ options, show }) {
    const { isReady, lines } = await readServiceStatus({
      ...options,
      name: 'collector',
      hidden: 'prosora_spool_fsync',
    });
    const spools = laneDirsIn(options.dataDir).map((folder) => ({
      folder,
      bytes: spoolBytesIn(folder),
    }));
    const doubt = await clockDoubtIn(options.dataDir);
    show({ isReady, lines, spools, clock: doubt ?? null }, () => [
      ...lines,
      ...spools.map(({ folder, bytes }) => `${folder}: ${bytes} bytes of page hits`),
      ...(doubt ? [adviceOn(doubt).join(' ')] : []),
    ]);
    return isReady ? 0 : 1;
  },
});

/** Takes the machine's clock for right after it jumped. */
export const trustClock = verb({
  help: "Says that the machine's clock is right after it jumped; a running collector hears it within a minute",
  needs: pick(collectorOptions, 'dataDir'),
  async run({ options: { dataDir }, show }) {
    const isHeard = await trustClockIn(dataDir);
    show({ isHeard }, () =>
      isHeard
        ? 'The clock is taken for right from the next look on.'
        : `No collector has looked at the clock in ${dataDir} yet.`,
    );
    return isHeard ? 0 : 1;
  },
});
