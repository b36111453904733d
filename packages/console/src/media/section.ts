import type { Room } from '../guard/room.ts';
import { type Section, sectionOf } from '../guard/section.ts';
import { mediaPage } from './media-page.ts';

/** Media and Ghost's jobs, which are asked inside of Ghost. */
export const mediaSection = ({ services: { ops }, act }: Room): Section | undefined =>
  ops &&
  sectionOf(act, {
    name: 'media',
    service: ops,
    part: 'ops',
    pages: {
      '/': (_, query, frame) => mediaPage(ops, { query, isExamined: false }, frame),
    },
    questions: {
      // It uploads files, which no address may have it do.
      '/examine': (_, __, frame) => mediaPage(ops, { query: {}, isExamined: true }, frame),
    },
  });
