import { verb } from '@prosora/service';
import { openChanges } from '../changes/changes.ts';
import { askNeeds, operatorOf, storeNeeds } from './ask.ts';

/** `init`: makes the store. One that is there stays as it is. */
export const init = verb({
  help: 'Makes the store, once, before the first start',
  needs: storeNeeds,
  async run({ options, show }) {
    await using _made = await openChanges({ ...options, newStore: 'yes' });
    show({ place: options.dataDir }, ({ place }) => `The store is there: ${place}.`);
    return 0;
  },
});

/** `status`: what waits. */
export const status = verb({
  help: 'Says what waits to be purged, since when, and what was given up',
  needs: askNeeds,
  async run({ options, show }) {
    const asked = await operatorOf(options).ask('status', {});
    show(asked, ({ isReady, failures, waiting, oldest, lastPurged, manner, problem, dead }) => [
      ...(isReady ? ['ready'] : failures),
      waiting === 0
        ? 'Nothing waits to be purged.'
        : `${waiting} changes wait to be purged, the first since ${oldest?.toISOString()}.`,
      `Last purged: ${lastPurged?.toISOString() ?? 'never'}${manner === null ? '' : ` (${manner})`}`,
      ...(problem === null ? [] : [`Last problem: ${problem}`]),
      ...(dead === 0 ? [] : [`${dead} purges were given up: see \`dead\` and \`replay\`.`]),
    ]);
    return 0;
  },
});

/** `dead`: what was given up. */
export const dead = verb({
  help: 'Lists purges that were given up after a day of trying',
  needs: askNeeds,
  async run({ options, show }) {
    const { items } = await operatorOf(options).ask('dead', {});
    show(items, () =>
      items.map(({ id, givenUpAt, reason }) => `${id}  ${givenUpAt?.toISOString()}  ${reason}`),
    );
    return 0;
  },
});

/** `replay`: tries again. */
export const replay = verb({
  help: 'Tries again what was given up: those named, or all',
  args: '[id]…',
  needs: askNeeds,
  async run({ args, options, show }) {
    const ids = args.length > 0 ? [...args] : undefined;
    const done = await operatorOf(options).ask('replay', { ids });
    show(done, ({ replayed }) => `${replayed.length} will be tried again.`);
    return ids !== undefined && done.replayed.length < ids.length ? 1 : 0;
  },
});

/** `purge`: by hand. */
export const purge = verb({
  help: 'Purges these paths everywhere, or without any the whole site',
  args: '[path]…',
  needs: askNeeds,
  async run({ args, options, show }) {
    const paths = args.length > 0 ? [...args] : undefined;
    const done = await operatorOf(options).ask('purge', { paths });
    show(done, (said) => {
      const what = said.paths === '/*' ? 'The whole site' : said.paths.join(', ');
      return `${what} will be purged, by the service that runs or by its next start.`;
    });
    return 0;
  },
});
