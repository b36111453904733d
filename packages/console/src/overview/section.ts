import type { Room } from '../guard/room.ts';
import { type Section, sectionOf } from '../guard/section.ts';
import { createLastKnown } from './last-known.ts';
import { askMedia, lookOver, type Media } from './look-over.ts';
import { overviewPage } from './overview-page.ts';

/** Nobody waits for Cloudinary to see that the site is well. */
const MEDIA_FRESH_MS = 10 * 60_000;

/** The first page. */
export function overviewSection({ services, act }: Room): Section {
  const { ops } = services;
  const media = createLastKnown<Media>(
    async () => {
      if (ops === undefined) throw new Error('The site has no service `ops`.');
      return await askMedia(ops);
    },
    { freshMs: MEDIA_FRESH_MS },
  );
  return sectionOf(act, {
    name: 'overview',
    service: services,
    part: 'ops',
    pages: { '/': async (_, __, { zone }) => overviewPage(await lookOver(services, media), zone) },
  });
}
