import { pick, verb } from '@prosora/service';
import { collectorOptions } from '../options.ts';
import { holdWaiting } from '../send/hold-waiting.ts';

/** `restored`: for a folder that was put back from a backup, before its collector serves. */
export const restored = verb({
  help: 'Says, before the first start, that the folder is from a backup and that Tinybird may have what waits in it: that is held',
  needs: pick(collectorOptions, 'dataDir', 'batchBytes'),
  async run({ options, show }) {
    const held = await holdWaiting(options.dataDir, options.batchBytes);
    show({ held }, () =>
      held === 0
        ? 'Nothing waited to be sent at the time of the backup.'
        : `Hits that may have been sent since are held: ${held}. \`dead\` shows them; \`replay --anyway\` sends them.`,
    );
    return 0;
  },
});
