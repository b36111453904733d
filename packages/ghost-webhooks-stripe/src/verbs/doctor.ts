import { join } from 'node:path';
import { examine, type Finding } from '../doctor.ts';
import { createGhost } from '../ghost.ts';
import { createGhostAdmin } from '../ghost-admin.ts';
import { openInbox } from '../inbox.ts';
import { openSecrets } from '../open-secrets.ts';
import { INBOX_FILE } from '../service.ts';
import { openStripeAccount } from '../stripe.ts';
import { print, type Values, type Verb } from './verb.ts';

/** `doctor`: looks at the disk, Ghost, Stripe and the way between them. */
export const doctor: Verb = async (_flags, values) => {
  const findings = await findingsOf(values);
  for (const { ok, text } of findings) print(`${ok ? '✔' : '✘'} ${text}\n`);
  if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
};

async function findingsOf(values: Values): Promise<Finding[]> {
  const { ghostUrl, ghostAdminKey, stripeKey, stripeApi, publicUrl, dataDir } = values;
  const secrets = await openSecrets(values);
  return examine({
    ghost: createGhost({ url: ghostUrl, secrets: secrets.ghost() }),
    ghostUrl,
    openInbox: () =>
      openInbox({
        ...values,
        file: join(dataDir, INBOX_FILE),
        mysql: values.databaseUrl,
        mustExist: true,
      }),
    admin: ghostAdminKey ? createGhostAdmin({ url: ghostUrl, key: ghostAdminKey }) : undefined,
    account: stripeKey ? openStripeAccount({ key: stripeKey, url: stripeApi }) : undefined,
    publicUrl,
    stripeSecrets: secrets.stripe(),
    livemode: values.livemode,
  });
}
