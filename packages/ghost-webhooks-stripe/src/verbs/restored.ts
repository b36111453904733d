import { verb } from '@prosora/service';
import { inboxNeeds, withInbox } from './visit.ts';

/** `restored`: for an inbox that was put back from a backup, before it serves. */
export const restored = verb({
  help: 'Says, before the first start, that the inbox is from a backup: payments that it would deliver are asked for or held',
  needs: inboxNeeds,
  async run({ options, show }) {
    const doubted = await withInbox(options, (inbox) => inbox.doubtPending());
    show({ doubted }, () =>
      doubted === 0
        ? 'Nothing waited for Ghost at the time of the backup.'
        : `${doubted} deliveries may have been made since: what Ghost counts each time is asked for or held.`,
    );
    return 0;
  },
});
