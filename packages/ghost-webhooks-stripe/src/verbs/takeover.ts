import { pendingStates } from '@prosora/durable';
import { verb } from '@prosora/service';
import type { StripeAccount } from '../account/stripe.ts';
import {
  assertPublicUrl,
  foreignEndpoints,
  giveBack,
  ownIds,
  takeOver,
} from '../account/takeover.ts';
import { StripeWebhookError } from '../errors.ts';
import { type ChangeOverValues, changeOverNeeds, ghostTakes, missingOf } from './change-over.ts';
import { accountOf, hasInbox, secretsOf, withInbox } from './visit.ts';

/** `takeover`: an endpoint at Stripe for the inbox, and the line that Ghost needs. */
export const takeover = verb({
  help: 'Makes the endpoint at Stripe and prints the line that Ghost needs',
  flags: {
    finish: { type: 'boolean', help: 'Delete the endpoint that Ghost had made' },
    undo: {
      type: 'boolean',
      help: 'Delete the endpoint of the inbox, so that Ghost has its own again',
    },
  },
  needs: changeOverNeeds,
  async run({ flags: { finish, undo }, options, show }) {
    const account = accountOf(options);
    if (undo) {
      const deleted = await handBack(options, account);
      show({ deleted }, () => [
        `Deleted at Stripe: ${deleted.join(', ') || 'nothing'}.`,
        "Now the edge's path of the webhooks may lead to Ghost again.",
      ]);
    } else if (finish) {
      const { deleted, left } = await retireOthers(options, account);
      show({ deleted, left }, () => [
        `Deleted at Stripe: ${deleted.join(', ') || 'nothing'}.`,
        ...left.map(({ id, url }) => `Left alone, perhaps another site's: ${id} for ${url}.`),
      ]);
    } else {
      const { dataDir, publicUrl, ghostSecrets } = options;
      const ghostSecret = ghostSecrets.at(-1);
      const done = await takeOver({ account, dataDir, publicUrl, ghostSecret });
      const others = done.others.map(({ id }) => id);
      show({ ...done, others, publicUrl }, () => [
        `Stripe ${done.wasThere ? 'sends' : 'now sends'} to ${publicUrl} by ${done.endpoint}.`,
        `Set this in the environment of Ghost and restart it:\n\nWEBHOOK_SECRET=${done.ghostSecret}\n`,
        ...(others.length === 0
          ? []
          : [
              `Then \`takeover --finish\` deletes the endpoint that Ghost had made: ${others.join(', ')}.`,
            ]),
      ]);
    }
    return 0;
  },
});

/** Only once Ghost takes what we sign: until then its own endpoint is what feeds it. */
async function retireOthers(values: ChangeOverValues, account: StripeAccount) {
  const publicUrl = assertPublicUrl(values.publicUrl);
  const secrets = (await secretsOf(values)).ghost();
  if (!(await ghostTakes(values.ghostUrl, secrets))) {
    throw new StripeWebhookError('REFUSED', 'Ghost does not take what the inbox signs yet.', {
      help: '`prosora-stripe doctor` says why.',
    });
  }
  const lost = await missingOf(values, account);
  if (lost > 0) {
    throw new StripeWebhookError(
      'REFUSED',
      `Stripe still has to deliver ${lost} events of the last days.`,
      { help: 'Deleting the endpoint ends its tries: wait, or `reconcile --all --apply`.' },
    );
  }
  const all = await account.endpoints();
  const { here, elsewhere } = foreignEndpoints(all, publicUrl, ownIds(values.dataDir));
  for (const { id } of here) await account.deleteEndpoint(id);
  return {
    deleted: here.map(({ id }) => id),
    left: elsewhere.map(({ id, url }) => ({ id, url })),
  };
}

function handBack(values: ChangeOverValues, account: StripeAccount): Promise<string[]> {
  const { dataDir } = values;
  const publicUrl = assertPublicUrl(values.publicUrl);
  const owed = (before: Date) => owedBefore(values, account, before);
  return giveBack({ account, dataDir, publicUrl, owed });
}

/** How many events from before a time Ghost still has to get by the inbox. */
async function owedBefore(
  values: ChangeOverValues,
  account: StripeAccount,
  before: Date,
): Promise<number> {
  if (!hasInbox(values)) return 0;
  const pending = await withInbox(values, async (inbox) => {
    let count = 0;
    for (const { id } of await inbox.deliveries.list({ states: pendingStates, limit: 10_000 })) {
      const { created } = (await inbox.find(id))?.event ?? {};
      if (Number(created) * 1000 < before.getTime()) count += 1;
    }
    return count;
  });
  return pending + (await missingOf(values, account, before));
}
