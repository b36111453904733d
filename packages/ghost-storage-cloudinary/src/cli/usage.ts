import { type Verb, verb } from '@prosora/service';
import type { Usage } from '../cloudinary/admin-api.ts';
import { CONFIG_FLAG, type Place, settingsAt } from './place.ts';
import { openStore } from './stores.ts';

/** What is used of the account, by one call that leaves nothing there. */
interface UsedOfAccount {
  cloudName: string;
  plan: string;
  /** The day that the numbers are of; null where the account does not tell. */
  updatedAt: string | null;
  credits: Usage['credits'] | null;
  storageBytes: number | null;
  /** In 30 days, and so the next. */
  bandwidthBytes: number | null;
  transformations: number | null;
  originals: number | null;
}

/** Makes the verb `usage`. */
export function usageAt(place: Place): Verb {
  return verb({
    help: 'What is used of the plan: credits, storage, bandwidth, transformations',
    flags: CONFIG_FLAG,
    async run({ flags, show }) {
      const { options, admin } = openStore(settingsAt(place, flags), 'images');
      show(told(options.cloudName, await admin.usage()), linesOf);
    },
  });
}

function told(cloudName: string, usage: Usage): UsedOfAccount {
  const { plan, last_updated, credits, storage, bandwidth, transformations, resources } = usage;
  return {
    cloudName,
    plan,
    updatedAt: last_updated ?? null,
    credits: credits ?? null,
    storageBytes: storage?.usage ?? null,
    bandwidthBytes: bandwidth?.usage ?? null,
    transformations: transformations?.usage ?? null,
    originals: resources ?? null,
  };
}

function linesOf(used: UsedOfAccount): string[] {
  const { cloudName, plan, updatedAt, credits, originals, transformations } = used;
  const megabytes = (bytes: number | null) =>
    bytes === null ? undefined : `${Math.ceil(bytes / 1e6)} MB`;
  const rows = {
    credits: credits?.limit && `${credits.usage ?? 0} of ${credits.limit}`,
    storage: megabytes(used.storageBytes),
    bandwidth: megabytes(used.bandwidthBytes),
    transformations: transformations ?? undefined,
    originals: originals ?? undefined,
  };
  const known = Object.entries(rows).filter(([, value]) => value !== undefined);
  return [
    `The plan ${plan} of the cloud ${cloudName}${updatedAt ? `, as of ${updatedAt}` : ''}:`,
    ...known.map(([name, value]) => `${name}: ${value}`),
  ];
}
