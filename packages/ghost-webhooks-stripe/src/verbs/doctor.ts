import { doctorVerb, pick } from '@prosora/service';
import { createGhost } from '../deliver/ghost.ts';
import { openInbox } from '../inbox/open-inbox.ts';
import { examine } from '../operate/examine.ts';
import { stripeOptions } from '../options.ts';
import {
  accountNeeds,
  accountOf,
  adminNeeds,
  adminOf,
  inboxNeeds,
  placeOf,
  secretNeeds,
  secretsOf,
  visitClock,
} from './visit.ts';

/** `doctor`: looks at the disk, Ghost, Stripe and the way between them. */
export const doctor = doctorVerb({
  help: 'Looks at everything that serve needs and says what to do',
  needs: {
    ...inboxNeeds,
    ...secretNeeds,
    ...accountNeeds,
    ...adminNeeds,
    ...pick(stripeOptions, 'publicUrl'),
  },
  async *examine({ options }) {
    const { ghostUrl, stripeKey, publicUrl, livemode } = options;
    const secrets = await secretsOf(options);
    yield* examine({
      ghost: createGhost({ url: ghostUrl, secrets: secrets.ghost() }),
      ghostUrl,
      openInbox: () => openInbox({ ...options, ...placeOf(options) }),
      doubtOfClock: async () => (await visitClock(options)).doubt(),
      admin: adminOf(options),
      account: stripeKey === undefined ? undefined : accountOf(options),
      publicUrl,
      stripeSecrets: secrets.stripe(),
      livemode,
    });
  },
});
