import { HOME, type Page } from '../../packages/analytics-engine/test/fixtures/corpus.ts';

/** The site whose visits are in the corpora. */
export const SITE = 'bd05ceed-1df9-4af7-832a-d3b5faa7ca1d';
/** Of visits. */
export const DAYS = 90;
/** The day after the last one with hits. */
export const END = new Date(Date.UTC(2026, 10, 1));

export const PAGES: readonly Page[] = [
  HOME,
  ...Array.from({ length: 60 }, (_, index) => ({
    path: `/story-${index}/`,
    postUuid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    postType: 'post' as const,
  })),
];

/** What every question of Ghost Admin carries. */
export const SITE_QUERY = `site_uuid=${SITE}`;
