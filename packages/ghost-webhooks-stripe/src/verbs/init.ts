import { join } from 'node:path';
import { verb } from '@prosora/service';
import { openInbox } from '../inbox/open-inbox.ts';
import { INBOX_FILE } from '../inbox/store.ts';
import { inboxNeeds } from './visit.ts';

/** `init`: makes the inbox. One that is there stays as it is. */
export const init = verb({
  help: 'Makes the inbox, once, before the first start',
  needs: inboxNeeds,
  async run({ options, show }) {
    const { dataDir, databaseUrl: mysql } = options;
    const inbox = await openInbox({ ...options, file: join(dataDir, INBOX_FILE), mysql });
    await inbox.close();
    const place = mysql === undefined ? dataDir : 'in the database';
    show({ place }, () => `The inbox is there: ${place}.`);
    return 0;
  },
});
