import type { Place } from '../repository/place.ts';
import { ask } from '../restore/ask-database.ts';

/**
 * Blanks the keys of vendors that Ghost keeps in its database, so that a copy of a site shows nobody's and has none to
 * use. With Stripe's, Ghost would not start at an address without TLS either (core/server/services/members/service.js).
 */
export async function blankKeys(place: Place): Promise<void> {
  const isKey = "`key` LIKE 'stripe%key' OR `key` LIKE 'mailgun%key'";
  await ask(place, `UPDATE ghost.settings SET value = NULL WHERE ${isKey};`);
}
