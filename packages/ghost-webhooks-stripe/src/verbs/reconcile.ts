import { pick, UsageError, verb } from '@prosora/service';
import { compare, type Findings } from '../account/compare.ts';
import { type RepairOutcome, repair } from '../account/repair.ts';
import { stripeOptions } from '../options.ts';
import { openSinks } from '../sinks/sinks.ts';
import {
  accountNeeds,
  accountOf,
  adminNeeds,
  adminOf,
  inboxNeeds,
  sinkNeeds,
  withInbox,
} from './visit.ts';

/** `reconcile`: what Stripe has and the inbox or Ghost lacks; with `--apply` it is repaired. */
export const reconcile = verb({
  help: 'Compares with Stripe what the inbox and Ghost have; --apply repairs',
  flags: {
    since: { type: 'string', value: 'DAYS', help: 'Compare the events of so many days: 30d' },
    all: {
      type: 'boolean',
      help: 'Compare every subscription, and events from before the inbox, too',
    },
    product: {
      type: 'string',
      value: 'ID',
      multiple: true,
      help: "A product at Stripe whose subscriptions are the site's",
    },
    apply: { type: 'boolean', help: 'Put what is missing into the inbox' },
  },
  needs: {
    ...inboxNeeds,
    ...sinkNeeds,
    ...accountNeeds,
    ...adminNeeds,
    ...pick(stripeOptions, 'maxEvents'),
  },
  async run({ flags, options, show }) {
    const since = sinceOf(flags);
    const sinks = await openSinks(options);
    const { found, outcomes } = await withInbox(
      options,
      async (inbox) => {
        const account = accountOf(options);
        const admin = adminOf(options);
        const found = await compare({ account, inbox, admin, since, products: flags.product });
        if (!flags.apply) return { found, outcomes: undefined };
        const repaired = await repair(found.repairs, inbox, admin);
        return { found, outcomes: repaired.map(({ outcome }) => outcome) };
      },
      sinks,
    );
    const repairs = found.repairs.map(({ build: _, ...it }, at) => ({
      ...it,
      ...(outcomes && { outcome: outcomes[at] }),
    }));
    show({ ...found, repairs }, () => linesOf(found, outcomes));
    return 0;
  },
});

const OUTCOMES: Record<RepairOutcome, string> = {
  sent: 'in the inbox, goes to Ghost',
  gone: 'gone at Stripe',
  counted: 'not needed: Ghost has counted it',
  known: 'in the inbox already',
  twin: 'kept: another event says the same',
  held: 'kept and held: `replay` if Ghost lacks it, else `skip`',
};

const DAYS = /^([1-9]\d*)d$/;

function sinceOf({ since, all }: { since: string | undefined; all: boolean }): Date | 'all' {
  if (all) return 'all';
  const days = DAYS.exec(since ?? '')?.[1];
  if (days === undefined) {
    throw new UsageError(
      'Say since when.',
      'For example --since 30d, or --all for every subscription.',
    );
  }
  return new Date(Date.now() - Number(days) * 86_400_000);
}

function linesOf(
  { repairs, notes, compared }: Findings,
  outcomes: readonly RepairOutcome[] | undefined,
): string[] {
  const found = [
    ...repairs.map(({ kind, id, type, why }) => `${kind}  ${id}  ${type}  ${why}`),
    ...notes,
    `${compared.events} events and ${compared.subscriptions} subscriptions compared, ${repairs.length} to repair.`,
  ];
  if (outcomes !== undefined) {
    const done = repairs.map(
      ({ id, subject }, at) => `${id}  ${subject}  ${OUTCOMES[outcomes[at] ?? 'gone']}`,
    );
    return [...found, ...done];
  }
  if (repairs.length === 0) return found;
  return [...found, 'Nothing was changed: --apply puts these events into the inbox.'];
}
