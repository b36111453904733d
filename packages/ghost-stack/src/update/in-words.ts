import { counted, period } from '../services/telling.ts';
import type { Update } from './update-notes.ts';

const ENDS = {
  taken: (update: Update) => `Update ${update.number} is in place.`,
  undone: (update: Update) => `Update ${update.number} was undone: the former images are back.`,
  refused: (update: Update) => `Update ${update.number} was not taken; the site was not touched.`,
};

/** How an update went, for a person: in the first line how it ended. */
export function inWords(update: Update): string[] {
  const { number, beganAt, endedAt, outcome, reason, changes, watched, left = [] } = update;
  if (outcome === undefined || endedAt === undefined) return [`Update ${number} has not ended.`];
  const seconds = (Date.parse(endedAt) - Date.parse(beganAt)) / 1000;
  const swapped = changes.filter(({ services }) => services.length > 0);
  return [
    ENDS[outcome](update),
    ...(reason ? [reason] : []),
    ...swapped.map(({ services, from, to }) => `${services.join(', ')}: ${from} → ${to}`),
    ...(watched
      ? [
          `While it was watched ${counted(watched.requests, 'request')} came, ${watched.errors} failed.`,
        ]
      : []),
    `It took ${period(seconds)}.`,
    ...(outcome === 'taken' ? ['The way back: `prosora rollback`.'] : []),
    ...left,
  ];
}
