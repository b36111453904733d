import type { Html } from '@prosora/service/look';
import { tabs } from '../look/tabs.ts';

const PAGES = [
  ['Backups and drills', '/care'],
  ['Updates', '/care/updates'],
  ['Findings', '/care/findings'],
  ['Logs', '/care/logs'],
] as const;

/** The pages of care. */
export const careTabs = (current: (typeof PAGES)[number][1]): Html => tabs('Care', PAGES, current);
