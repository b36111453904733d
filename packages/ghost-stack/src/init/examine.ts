import {
  examineCloudinaryUrl,
  examineResendKey,
  examineStripeKey,
  type Finding,
} from '@prosora/service';
import { containersOf } from '../stack/compose.ts';
import { type Answers, readerWith } from './answers.ts';
import { examineReach } from './machine.ts';

/** Who says what a key is good for. */
const VENDORS: Readonly<Record<string, (key: string) => AsyncIterable<Finding>>> = {
  CLOUDINARY_URL: examineCloudinaryUrl,
  RESEND_API_KEY: examineResendKey,
  STRIPE_SECRET_KEY: examineStripeKey,
};

/** Looks at an answer, where it can be looked at from here; `answers` are all that are known by then. */
export async function* examineAnswer(
  dir: string,
  name: string,
  answers: Answers,
): AsyncGenerator<Finding> {
  const value = answers[name] ?? '';
  if (name === 'DOMAIN' && !(await hasPorts(dir))) {
    yield* examineReach(dir, readerWith(dir, answers));
  }
  const examine = VENDORS[name];
  if (value !== '' && examine) yield* examine(value);
}

/** A stack that runs has the ports, and has shown that it is reached. */
async function hasPorts(dir: string): Promise<boolean> {
  const containers = await containersOf(dir);
  return containers.some(({ service, state }) => service === 'caddy' && state === 'running');
}
