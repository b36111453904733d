import { doctorVerb, type Finding, type Verb } from '@prosora/service';
import { asBlock, type GhostSettings } from '@prosora/service/ghost';
import { examineAccount } from './doctor-account.ts';
import { examineConfig, examineSharp } from './doctor-config.ts';
import { failureOf } from './failure.ts';
import { CONFIG_FLAG, GHOST_FLAG, ghostEntryAt, type Place, settingsAt } from './place.ts';
import { adapterName, isGivenTo, openStore, STORES } from './stores.ts';

/** Makes the verb `doctor`. It leaves nothing behind at Cloudinary. */
export function doctorAt(place: Place): Verb {
  return doctorVerb({
    help: "Looks at the credentials, the plan, the account and the traps of Ghost's config",
    flags: { ...CONFIG_FLAG, ...GHOST_FLAG },
    async *examine({ flags }) {
      const ghost = settingsAt(place, flags);
      yield* examineConfig(ghost);
      yield examineSharp(ghost, ghostEntryAt(place, flags));
      yield* examineStores(ghost);
    },
  });
}

/** Opens each store that is ours, and looks at the account, which serves all three. */
async function* examineStores(ghost: GhostSettings): AsyncGenerator<Finding> {
  const name = adapterName(ghost);
  const ours = STORES.filter(
    (store) => store === 'images' || (name !== undefined && isGivenTo(ghost, name, store)),
  );
  const said = new Set<string>();
  for (const store of ours) {
    try {
      const opened = openStore(ghost, store, asBlock(ghost.config['urls']));
      if (store === 'images') yield* examineAccount(opened);
    } catch (error) {
      const finding = failureOf(store === 'images' ? 'options' : `options of ${store}`, error);
      // What is wrong in the block that they share would be said for each.
      if (!said.has(finding.sentence)) yield finding;
      said.add(finding.sentence);
    }
  }
}
