import type { Random } from '../stand-in/random.ts';
import type { Collection } from '../stand-in/state.ts';
import { uuid } from './uuid.ts';

/** An address that Resend does not send to any more. */
export interface Suppression {
  id: string;
  email: string;
  origin: 'bounce' | 'complaint' | 'manual';
  source_id: string | null;
  created_at: string;
}

/** The team's list; addresses are kept in small letters. */
export interface Suppressions {
  add(email: string, origin: Suppression['origin'], sourceId?: string): Suppression;
  /** By id or by address. */
  find(idOrEmail: string): Suppression | undefined;
  /** True when it was there. */
  remove(idOrEmail: string): boolean;
  list(): Suppression[];
  clear(): void;
}

/** Creates the list over a collection of the sandbox's state. */
export function createSuppressions(
  collection: Collection<Suppression>,
  { random, now }: { random: Random; now: () => number },
): Suppressions {
  const find = (idOrEmail: string): Suppression | undefined =>
    collection.get(idOrEmail.toLowerCase()) ??
    collection.values().find(({ id }) => id === idOrEmail);
  return {
    add(email, origin, sourceId) {
      const key = email.toLowerCase();
      const known = collection.get(key);
      if (known !== undefined) return known;
      const suppression: Suppression = {
        id: uuid(random),
        email: key,
        origin,
        source_id: sourceId ?? null,
        created_at: new Date(now()).toISOString(),
      };
      collection.put(key, suppression);
      return suppression;
    },
    find,
    remove: (idOrEmail) => collection.delete(find(idOrEmail)?.email ?? ''),
    list: () => collection.values(),
    clear: () => collection.clear(),
  };
}
