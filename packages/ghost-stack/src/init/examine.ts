import {
  examineCloudflareToken,
  examineCloudinaryUrl,
  examineResendKey,
  examineStripeKey,
  type Finding,
} from '@prosora/service';
import { domainIn } from '../settings/effective.ts';
import { containersOf } from '../stack/compose.ts';
import { type Answers, readerWith } from './answers.ts';
import { examineReach } from './machine.ts';

/** Who says what a key is good for. */
const VENDORS: Readonly<
  Record<string, (key: string, of: (name: string) => string) => AsyncIterable<Finding>>
> = {
  CLOUDINARY_URL: (address) => examineCloudinaryUrl(address),
  RESEND_API_KEY: (key) => examineResendKey(key),
  STRIPE_SECRET_KEY: (key) => examineStripeKey(key),
  CLOUDFLARE_API_TOKEN: (token, of) =>
    examineCloudflareToken(token, domainIn(of), { zoneId: of('CLOUDFLARE_ZONE_ID') }),
};

/** Looks at an answer, where it can be looked at from here; `answers` are all that are known by then. */
export async function* examineAnswer(
  dir: string,
  name: string,
  answers: Answers,
): AsyncGenerator<Finding> {
  const value = answers[name] ?? '';
  const of = readerWith(dir, answers);
  if (name === 'DOMAIN' && !(await hasPorts(dir))) yield* examineReach(dir, of);
  const examine = VENDORS[name];
  if (value !== '' && examine) yield* examine(value, of);
}

/** A stack that runs has the ports, and has shown that it is reached. */
async function hasPorts(dir: string): Promise<boolean> {
  const containers = await containersOf(dir);
  return containers.some(({ service, state }) => service === 'caddy' && state === 'running');
}
