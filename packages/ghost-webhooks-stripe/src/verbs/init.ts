import { join } from 'node:path';
import { openInbox } from '../inbox/open-inbox.ts';
import { INBOX_FILE } from '../inbox/store.ts';
import { print, type Verb } from './verb.ts';

/** `init`: makes the inbox, once, before the first start. One that is there stays as it is. */
export const init: Verb = async (_flags, values) => {
  const { dataDir, databaseUrl: mysql } = values;
  const inbox = await openInbox({ ...values, file: join(dataDir, INBOX_FILE), mysql });
  await inbox.close();
  print(`The inbox is there: ${mysql === undefined ? dataDir : 'in the database'}.\n`);
};
