import { randomUUID } from 'node:crypto';
import type { Changes } from '../changes/changes.ts';
import { EVERYTHING, type Paths } from '../changes/paths.ts';
import type { Pages } from './pages.ts';

/**
 * `pages` as a witness: whatever it took for a change (an answer of Ghost's with `X-Cache-Invalidate`, Ghost's own
 * start, a restore) moves its mark, and a mark that is not the last known one is a change. So nothing is lost while
 * this service is away, when Ghost's webhook is not sent again.
 */
export interface PagesWatch {
  /** Looks once, and writes down what it finds. Throws as `Pages.look` and `Changes.record` do. */
  look(): Promise<void>;
  /**
   * Empties the memory, for changes that are written down. False: before it something else had changed, which is now
   * written down as well, and these paths do not cover it.
   */
  purge(paths: Paths, signal?: AbortSignal): Promise<boolean>;
}

/** Creates it; one a service, since its looks and purges take turns. */
export function createPagesWatch(pages: Pages, changes: Changes): PagesWatch {
  let turn: Promise<unknown> = Promise.resolve();

  /** A look whose answer came before a purge, and was read after it, would take the purge for a change. */
  function inTurn<Outcome>(work: () => Promise<Outcome>): Promise<Outcome> {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  const noteChange = (mark: string) =>
    changes.record({ id: `pages:${randomUUID()}`, source: 'pages', paths: EVERYTHING, mark });

  return {
    look: () =>
      inTurn(async () => {
        const { mark } = await pages.look();
        if (mark !== (await changes.mark())) await noteChange(mark);
      }),
    purge: (paths, signal) =>
      inTurn(async () => {
        const { mark, before } = await pages.purge(signal);
        const isCovered = paths === EVERYTHING || before === (await changes.mark());
        if (isCovered) await changes.keepMark(mark);
        else await noteChange(mark);
        return isCovered;
      }),
  };
}
