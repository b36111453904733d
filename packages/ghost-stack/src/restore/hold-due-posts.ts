import type { Place } from '../repository/place.ts';
import { ask } from './ask-database.ts';

/**
 * Makes drafts of posts whose time to be published came between the backup and now. They may have been out: Ghost would
 * publish them at its start, and mail each newsletter again as one that nobody got yet. For drafts its callback does
 * nothing (core/server/services/posts/post-scheduling.js).
 *
 * @returns their titles
 */
export async function holdDuePosts(place: Pick<Place, 'dir' | 'project'>): Promise<string[]> {
  const isDue = "status = 'scheduled' AND published_at <= UTC_TIMESTAMP()";
  return await ask(
    place,
    `SELECT title FROM ghost.posts WHERE ${isDue}; UPDATE ghost.posts SET status = 'draft' WHERE ${isDue};`,
  );
}
