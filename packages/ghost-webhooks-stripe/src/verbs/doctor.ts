import { openStripeAccount } from '../account/stripe.ts';
import { createGhost } from '../deliver/ghost.ts';
import { createGhostAdmin } from '../deliver/ghost-admin.ts';
import { openInbox } from '../inbox/open-inbox.ts';
import { examine, type Finding } from './examine.ts';
import { placeOf, print, secretsOf, type Values, type Verb, visitClock } from './verb.ts';

/** `doctor`: looks at the disk, Ghost, Stripe and the way between them. */
export const doctor: Verb = async (_flags, values) => {
  const findings = await findingsOf(values);
  for (const { ok, text } of findings) print(`${ok ? '✔' : '✘'} ${text}\n`);
  if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
};

async function findingsOf(values: Values): Promise<Finding[]> {
  const { ghostUrl, ghostAdminKey, stripeKey, stripeApi, publicUrl } = values;
  const secrets = await secretsOf(values);
  return examine({
    ghost: createGhost({ url: ghostUrl, secrets: secrets.ghost() }),
    ghostUrl,
    openInbox: () => openInbox({ ...values, ...placeOf(values) }),
    doubtOfClock: async () => (await visitClock(values)).doubt(),
    admin: ghostAdminKey ? createGhostAdmin({ url: ghostUrl, key: ghostAdminKey }) : undefined,
    account: stripeKey ? openStripeAccount({ key: stripeKey, url: stripeApi }) : undefined,
    publicUrl,
    stripeSecrets: secrets.stripe(),
    livemode: values.livemode,
  });
}
