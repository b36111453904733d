import type { Room } from '../guard/room.ts';
import { type Section, sectionOf } from '../guard/section.ts';
import { createLookOver } from './look-over.ts';
import { overviewPage } from './overview-page.ts';

/** The first page. */
export function overviewSection({ services, act }: Room): Section {
  const lookOver = createLookOver(services);
  return sectionOf(act, {
    name: 'overview',
    service: services,
    part: 'ops',
    pages: { '/': async (_, __, { zone }) => overviewPage(await lookOver(), zone) },
  });
}
