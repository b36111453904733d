import {
  examineCloudinaryUrl,
  examineResendKey,
  examineStripeKey,
  type Finding,
} from '@prosora/service';
import { effectiveSettings } from '../settings/effective.ts';
import { readEnvFile } from '../settings/env-file.ts';
import { containersOf } from '../stack/compose.ts';
import { type Answers, settingsIn } from './answers.ts';
import { examineReach } from './machine.ts';

/** Looks at an answer, where it can be looked at from here; `answers` are all that are known by then. */
export async function* examineAnswer(
  dir: string,
  name: string,
  answers: Answers,
): AsyncGenerator<Finding> {
  const value = answers[name] ?? '';
  if (name === 'DOMAIN' && !(await hasPorts(dir))) yield* examineReach(dir, placeOf(dir, answers));
  if (value === '') return;
  if (name === 'CLOUDINARY_URL') yield* examineCloudinaryUrl(value);
  if (name === 'RESEND_API_KEY') yield* examineResendKey(value);
  if (name === 'STRIPE_SECRET_KEY') yield* examineStripeKey(value);
}

/** A stack that runs has the ports, and has shown that it is reached. */
async function hasPorts(dir: string): Promise<boolean> {
  const containers = await containersOf(dir);
  return containers.some(({ service, state }) => service === 'caddy' && state === 'running');
}

function placeOf(dir: string, answers: Answers) {
  const values = { ...readEnvFile(dir).values, ...settingsIn(answers) };
  const settings = effectiveSettings(dir, process.env, values);
  const of = (name: string): string => settings.get(name)?.value ?? '';
  return {
    domain: of('DOMAIN') || 'ghost.localhost',
    address: of('PUBLISH_ADDRESS'),
    httpPort: of('HTTP_PORT'),
    httpsPort: of('HTTPS_PORT'),
    image: of('NODE_IMAGE'),
    project: of('COMPOSE_PROJECT_NAME'),
  };
}
