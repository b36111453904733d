import type { Room } from '../guard/room.ts';
import { type Deed, type Section, sectionOf } from '../guard/section.ts';
import type { Service } from '../services/services.ts';
import { backupsPage, drillPage } from './backups-page.ts';
import { findingsPage } from './findings-page.ts';
import { logsPage } from './logs-page.ts';
import { updatePage, updatesPage } from './updates-page.ts';

/** What is done so that the site can be lost: backups, drills, updates, findings and logs. */
export const careSection = ({ services: { ops }, act }: Room): Section | undefined =>
  ops &&
  sectionOf(act, {
    name: 'care',
    service: ops,
    part: 'ops',
    tabs: { 'Backups and drills': '/', Updates: '/updates', Findings: '/findings', Logs: '/logs' },
    pages: {
      '/': backupsPage,
      '/drill': drillPage,
      '/updates': updatesPage,
      '/update': updatePage,
      '/findings': (_, __, frame) => findingsPage(ops, { isWhole: false }, frame),
      '/logs': (_, { match, ...query }, frame) => logsPage(ops, query, frame),
    },
    questions: {
      // It has vendors asked and files uploaded, which no address may.
      '/findings': (_, __, frame) => findingsPage(ops, { isWhole: true }, frame),
      '/logs': logsPage,
    },
    actions: {
      backup: beginning(ops, 'backup', 'Back up now', 'A backup begins'),
      drill: beginning(ops, 'drill', 'Drill now', 'A drill begins'),
    },
  });

function beginning(
  ops: Service<'ops'>,
  job: 'backup' | 'drill',
  label: string,
  begun: string,
): Deed {
  return {
    label,
    async run(_, caller) {
      const { isNext } = await ops.post(job, {}, caller);
      return isNext ? `${begun} now.` : `${begun} once what is at work has ended.`;
    },
  };
}
