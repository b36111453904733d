import { pendingStates } from '@prosora/durable';
import { RETRIES_END_MS } from '../account/keyring.ts';
import {
  beginGhostRotation,
  beginStripeRotation,
  finishGhostRotation,
  finishStripeRotation,
} from '../account/rotate.ts';
import { openStripeAccount, type StripeAccount } from '../account/stripe.ts';
import { foreignEndpoints, giveBack, ownIds, takeOver } from '../account/takeover.ts';
import { countUndelivered } from '../account/undelivered.ts';
import { createGhost } from '../deliver/ghost.ts';
import { probeOf } from '../deliver/probe.ts';
import {
  hasInbox,
  misused,
  nowOf,
  print,
  secretsOf,
  type Values,
  type Verb,
  withInbox,
} from './verb.ts';

/** `takeover`: an endpoint at Stripe for the inbox, and the line that Ghost needs. */
export const takeover: Verb = async ({ finish, undo }, values) => {
  const account = accountOf(values);
  const { dataDir, publicUrl, ghostSecrets } = values;
  if (undo) {
    const deleted = await giveBack({
      account,
      dataDir,
      publicUrl: asked(publicUrl),
      owed: (before) => owedBefore(values, account, before),
    });
    print(`Deleted at Stripe: ${deleted.join(', ') || 'nothing'}.\n`);
    return print("Now the edge's path of the webhooks may lead to Ghost again.\n");
  }
  if (finish) return retireOthers(values, account);
  const ghostSecret = ghostSecrets.at(-1);
  const done = await takeOver({ account, dataDir, publicUrl, ghostSecret });
  print(`Stripe ${done.wasThere ? 'sends' : 'now sends'} to ${publicUrl} by ${done.endpoint}.\n`);
  print(
    `Set this in the environment of Ghost and restart it:\n\nWEBHOOK_SECRET=${done.ghostSecret}\n\n`,
  );
  if (done.others.length > 0) {
    const ids = done.others.map(({ id }) => id).join(', ');
    print(`Then \`takeover --finish\` deletes the endpoint that Ghost had made: ${ids}.\n`);
  }
};

/** Only once Ghost takes what we sign: until then its own endpoint is what feeds it. */
async function retireOthers(values: Values, account: StripeAccount): Promise<void> {
  const { dataDir } = values;
  const publicUrl = asked(values.publicUrl);
  const secrets = (await secretsOf(values)).ghost();
  if (!(await ghostTakes(values, secrets))) {
    throw misused('Ghost does not take what the inbox signs yet.', '`doctor` says why.');
  }
  const lost = await missingOf(values, account);
  if (lost > 0) {
    throw misused(
      `Stripe still has to deliver ${lost} events of the last days.`,
      'Deleting the endpoint ends its tries: wait, or `reconcile --all --apply`.',
    );
  }
  const all = await account.endpoints();
  const { here, elsewhere } = foreignEndpoints(all, publicUrl, ownIds(dataDir));
  for (const { id } of here) await account.deleteEndpoint(id);
  print(`Deleted at Stripe: ${here.map(({ id }) => id).join(', ') || 'nothing'}.\n`);
  for (const { id, url } of elsewhere) {
    print(`Left alone, perhaps another site's: ${id} for ${url}.\n`);
  }
}

function asked(publicUrl: string | undefined): string {
  if (publicUrl === undefined) throw misused('PROSORA_STRIPE_PUBLIC_URL is not set.', 'Set it.');
  return publicUrl;
}

/** `rotate stripe|ghost`: changes a secret, in two steps so that nothing is refused between them. */
export const rotate: Verb = async ({ args: [which], finish }, values) => {
  const { dataDir, publicUrl } = values;
  if (which === 'stripe') {
    const account = accountOf(values);
    if (finish) {
      const missing = () => missingOf(values, account);
      const deleted = await finishStripeRotation(account, dataDir, missing, await nowOf(values));
      return print(`Deleted at Stripe: ${deleted.join(', ') || 'nothing'}.\n`);
    }
    const id = await beginStripeRotation(account, dataDir, publicUrl, await nowOf(values));
    return print(
      `Stripe sends by ${id} as well, and both secrets are taken. In four days: \`rotate stripe --finish\`.\n`,
    );
  }
  if (which === 'ghost') {
    if (finish) {
      await finishGhostRotation(dataDir, (secret) => ghostTakes(values, [secret]));
      return print(
        values.ghostSecrets.length === 0
          ? 'Deliveries are signed with the new secret alone.\n'
          : 'Deliveries are signed with the new secret, and with PROSORA_STRIPE_GHOST_WEBHOOK_SECRET until you take it out and restart.\n',
      );
    }
    const present = (await secretsOf(values)).ghost();
    const secret = beginGhostRotation(dataDir, present);
    print(
      `Deliveries are signed with both. Set this in the environment of Ghost and restart it:\n\n`,
    );
    return print(`WEBHOOK_SECRET=${secret}\n\nThen: \`rotate ghost --finish\`.\n`);
  }
  throw misused('Say which secret.', '`rotate stripe` or `rotate ghost`.');
};

function accountOf({ stripeKey: key, stripeApi: url }: Values): StripeAccount {
  return openStripeAccount({ key, url });
}

async function ghostTakes({ ghostUrl: url }: Values, secrets: readonly string[]): Promise<boolean> {
  const answer = await createGhost({ url, secrets }).post(probeOf());
  return answer.kind === 'status' && answer.status === 200;
}

/** What Stripe still has to deliver; with `before` only events from before a time. */
async function missingOf(values: Values, account: StripeAccount, before?: Date): Promise<number> {
  let missing = 0;
  await withInbox(values, async (inbox, clock) => {
    const since = new Date(clock.earliest() - RETRIES_END_MS);
    missing = await countUndelivered(account, inbox, { since, ...(before && { before }) });
  });
  return missing;
}

async function owedBefore(values: Values, account: StripeAccount, before: Date): Promise<number> {
  if (!hasInbox(values)) return 0;
  let pending = 0;
  await withInbox(values, async (inbox) => {
    for (const { id } of await inbox.deliveries.list({ states: pendingStates, limit: 10_000 })) {
      const { created } = (await inbox.find(id))?.event ?? {};
      if (Number(created) * 1000 < before.getTime()) pending += 1;
    }
  });
  return pending + (await missingOf(values, account, before));
}
