import { UsageError, verb } from '@prosora/service';
import {
  beginGhostRotation,
  beginStripeRotation,
  finishGhostRotation,
  finishStripeRotation,
} from '../account/rotate.ts';
import { type ChangeOverValues, changeOverNeeds, ghostTakes, missingOf } from './change-over.ts';
import { accountOf, nowOf, secretsOf } from './visit.ts';

/** `rotate stripe|ghost`: changes a secret, in two steps so that nothing is refused between them. */
export const rotate = verb({
  help: 'Changes the secret of `stripe` or of `ghost` without a gap',
  args: '<which>',
  flags: { finish: { type: 'boolean', help: 'Retire the former secret' } },
  needs: changeOverNeeds,
  async run({ args: [which], flags: { finish }, options, show }) {
    if (which === 'stripe') {
      if (finish) show(...(await finishStripe(options)));
      else show(...(await beginStripe(options)));
    } else if (which === 'ghost') {
      if (finish) show(...(await finishGhost(options)));
      else show(...(await beginGhost(options)));
    } else {
      throw new UsageError(`There is no secret "${which}".`, '`rotate stripe` or `rotate ghost`.');
    }
    return 0;
  },
});

/** What came of a step, for a program and for a person. */
type Told<Result> = [result: Result, lines: () => string | string[]];

async function beginStripe(values: ChangeOverValues): Promise<Told<{ endpoint: string }>> {
  const { dataDir, publicUrl } = values;
  const now = await nowOf(values);
  const endpoint = await beginStripeRotation(accountOf(values), dataDir, publicUrl, now);
  return [
    { endpoint },
    () =>
      `Stripe sends by ${endpoint} as well, and both secrets are taken. In four days: \`rotate stripe --finish\`.`,
  ];
}

async function finishStripe(values: ChangeOverValues): Promise<Told<{ deleted: string[] }>> {
  const account = accountOf(values);
  const missing = () => missingOf(values, account);
  const now = await nowOf(values);
  const deleted = await finishStripeRotation(account, values.dataDir, missing, now);
  return [{ deleted }, () => `Deleted at Stripe: ${deleted.join(', ') || 'nothing'}.`];
}

async function beginGhost(values: ChangeOverValues): Promise<Told<{ ghostSecret: string }>> {
  const present = (await secretsOf(values)).ghost();
  const ghostSecret = beginGhostRotation(values.dataDir, present);
  return [
    { ghostSecret },
    () => [
      'Deliveries are signed with both. Set this in the environment of Ghost and restart it:',
      `\nWEBHOOK_SECRET=${ghostSecret}\n`,
      'Then: `rotate ghost --finish`.',
    ],
  ];
}

async function finishGhost(values: ChangeOverValues): Promise<Told<{ isAlone: boolean }>> {
  await finishGhostRotation(values.dataDir, (secret) => ghostTakes(values.ghostUrl, [secret]));
  const isAlone = values.ghostSecrets.length === 0;
  return [
    { isAlone },
    () =>
      isAlone
        ? 'Deliveries are signed with the new secret alone.'
        : 'Deliveries are signed with the new secret, and with PROSORA_STRIPE_GHOST_WEBHOOK_SECRET until you take it out and restart.',
  ];
}
