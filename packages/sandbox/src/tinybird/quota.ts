import { TinybirdRefusal } from './refusal.ts';
import type { Workspace } from './workspace.ts';

/** Questions since midnight UTC. */
export interface Quota {
  /** Counts one and returns the headers to answer with. @throws TinybirdRefusal 429 for the one too many */
  take(): Record<string, string>;
  clear(): void;
}

const DAY_MS = 86_400_000;

/** Creates the count of a workspace. */
export function createQuota({ settings, now }: Pick<Workspace, 'settings' | 'now'>): Quota {
  let day = 0;
  let asked = 0;
  return {
    take() {
      const today = Math.floor(now() / DAY_MS);
      asked = today === day ? asked + 1 : 1;
      day = today;
      const { queriesPerDay } = settings.current;
      if (queriesPerDay === null) return {};
      const reset = String(Math.ceil(((today + 1) * DAY_MS - now()) / 1_000));
      const headers = {
        'x-ratelimit-limit': String(queriesPerDay),
        'x-ratelimit-remaining': String(Math.max(0, queriesPerDay - asked)),
        'x-ratelimit-reset': reset,
      };
      if (asked <= queriesPerDay) return headers;
      throw new TinybirdRefusal(429, 'The daily limit of queries is reached', {
        ...headers,
        'retry-after': reset,
      });
    },
    clear() {
      asked = 0;
    },
  };
}
