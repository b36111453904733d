import { createVerbOperator, verb } from '@prosora/service';
import { createFolderHandlers, createReplay } from './handlers.ts';
import { operations } from './operations.ts';
import { operatorClientOptions } from './operator-client-options.ts';
import { tinybirdOf, upstreamOptions } from './upstream.ts';

const MOST = 1_000;

/** Shows what the upstream does not take. */
export const dead = verb({
  help: 'Prints the hits that the upstream does not take, and why, as lines of JSON',
  needs: operatorClientOptions,
  async run({ options, print, show }) {
    const local = createFolderHandlers(options.dataDir);
    const { ask } = createVerbOperator(operations, options, { name: 'collector', local });
    const letters: unknown[] = [];
    for (let after: string | null | undefined; after !== null; ) {
      const { items, next } = await ask('dead-letters', { limit: MOST, after });
      for (const letter of items) print(JSON.stringify(letter));
      letters.push(...items);
      after = next;
    }
    // A person has read them by now.
    show(letters, () => []);
    return 0;
  },
});

/** Sends it again. */
export const replayVerb = verb({
  help: 'Sends dead hits again, after what kept them out was mended',
  flags: {
    batch: { type: 'string', value: 'NAME', help: 'Only the hits of this batch' },
    anyway: { type: 'boolean', help: 'Also hits that the upstream may have, which doubles them' },
  },
  needs: { ...upstreamOptions, ...operatorClientOptions },
  async run({ flags: { batch, anyway }, options, print, show }) {
    const replay = createReplay(options.dataDir, (datasource) => tinybirdOf(options, datasource));
    const { ask } = createVerbOperator(operations, options, {
      name: 'collector',
      local: { replay },
      // One that waits for another call, and then for the upstream.
      timeoutMs: 600_000,
    });
    const replayed: { batch: string; hits: number; stays: string | null }[] = [];
    for (let after: string | null | undefined; after !== null; ) {
      const { items, next } = await ask('replay', { batch, anyway, limit: MOST, after });
      for (const { batch, hits, stays } of items) {
        print(`${stays ? '✘' : '✔'} ${batch}, ${hits} hits${stays ? `: ${stays}` : ''}`);
      }
      replayed.push(...items);
      after = next;
    }
    // A person has read them by now.
    show(replayed, () => []);
    return replayed.some(({ stays }) => stays !== null) ? 1 : 0;
  },
});
