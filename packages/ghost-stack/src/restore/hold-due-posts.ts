import type { Place } from '../repository/place.ts';
import { ask, nameOf } from './ask-database.ts';

/**
 * Makes drafts of posts whose time to be published came between the backup and now. They may have been out: Ghost would
 * publish them at its start, and mail each newsletter again as one that nobody got yet. For drafts its callback does
 * nothing (core/server/services/posts/post-scheduling.js).
 *
 * @returns their titles
 */
export async function holdDuePosts(place: Place): Promise<string[]> {
  const posts = `\`${nameOf(place)}\`.posts`;
  const isDue = "status = 'scheduled' AND published_at <= UTC_TIMESTAMP()";
  return await ask(
    place,
    `SELECT title FROM ${posts} WHERE ${isDue}; UPDATE ${posts} SET status = 'draft' WHERE ${isDue};`,
  );
}
