import {
  type ClockGuard,
  type Finding,
  type Handlers,
  ProsoraError,
  type ServiceNumbers,
} from '@prosora/service';
import { compare } from '../account/compare.ts';
import { repair } from '../account/repair.ts';
import type { StripeAccount } from '../account/stripe.ts';
import type { GhostAdmin } from '../deliver/ghost-admin.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { readStatus } from '../inbox/status.ts';
import { listChanges } from './changes.ts';
import { changeEach, countEach } from './choose.ts';
import type { operations } from './operations.ts';

/** What the operations work on: what a running service has, or what a verb opens where none runs. */
export interface Operated {
  use<Result>(
    work: (inbox: Inbox, clock: Pick<ClockGuard, 'doubt'>) => Promise<Result>,
  ): Promise<Result>;
  /** What a running service says of itself. */
  numbers(): Promise<ServiceNumbers>;
  /** @throws StripeWebhookError `STRIPE_KEY` */
  account(): StripeAccount;
  admin(): GhostAdmin | undefined;
  examine(): AsyncIterable<Finding>;
  /** Says that the clock is right; false where nobody hears it. */
  trustClock(): Promise<boolean>;
}

/** Does the operations of the inbox. */
export function createHandlers(operated: Operated): Handlers<typeof operations> {
  const { use } = operated;
  return {
    status: () =>
      use(async (inbox, clock) => ({
        ...(await operated.numbers()),
        ...(await readStatus(inbox, clock.doubt())),
      })),
    async doctor() {
      const findings: Finding[] = [];
      for await (const finding of operated.examine()) findings.push(finding);
      return { findings };
    },
    events: ({ limit, after, state, ...filter }) =>
      use((inbox) => inbox.list({ ...filter, states: state }, { limit, after })),
    event: ({ id, payload }) =>
      use(async (inbox) => {
        const details = await inbox.show(id);
        if (details === undefined) {
          throw new ProsoraError('NOT_FOUND', `There is no event ${id}.`, {
            help: '`prosora-stripe list` names them.',
          });
        }
        const body = payload ? (await inbox.find(id))?.body : undefined;
        return { ...details, ...(body && { payload: Buffer.from(body).toString() }) };
      }),
    changes: ({ limit, after, ...filter }) =>
      use((inbox) => listChanges(inbox, filter, { limit, after })),
    count: (choice) => use((inbox) => countEach(inbox, choice)),
    replay: (choice) => use((inbox) => changeEach(inbox, choice, inbox.replay)),
    skip: (choice) => use((inbox) => changeEach(inbox, choice, inbox.skip)),
    erase: ({ address, apply }) =>
      use(async (inbox) => {
        const traces = await inbox.findReader(address);
        if (!apply) return traces;
        const erased = await inbox.erase(traces.events);
        return { ...traces, erased, isOverwritten: await inbox.overwrite() };
      }),
    differences: (asked) => use((inbox) => look(operated, inbox, asked)),
    reconcile: (asked) =>
      use(async (inbox) => {
        const found = await look(operated, inbox, asked);
        const repaired = await repair(found.repairs, inbox, operated.admin());
        return {
          ...found,
          repairs: repaired.map(({ repair, outcome }) => ({ ...repair, outcome })),
        };
      }),
    'trust-clock': async () => ({ isHeard: await operated.trustClock() }),
  };
}

const DAY_MS = 86_400_000;

function look(
  operated: Operated,
  inbox: Inbox,
  { since, products }: { since: string; products?: string[] | undefined },
) {
  return compare({
    account: operated.account(),
    inbox,
    admin: operated.admin(),
    since: since === 'all' ? since : new Date(Date.now() - Number.parseInt(since, 10) * DAY_MS),
    ...(products && { products }),
  });
}
