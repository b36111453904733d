import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, ok, warn } from '@prosora/service';
import { addressOf } from '../services/operator.ts';
import { effectiveSettings } from '../settings/effective.ts';
import { readEnvFile, withValues, writeEnvFile } from '../settings/env-file.ts';
import { bringUp } from '../stack/bring-up.ts';
import { compose } from '../stack/compose.ts';
import { type Answers, settingsIn } from './answers.ts';
import { makeMail, makePayments } from './make.ts';
import { openAdmin } from './owner.ts';
import { trySecondSignIn } from './second-sign-in.ts';

/** What is made of the answers. */
export interface Making {
  dir: string;
  answers: Answers;
  hasSandbox: boolean;
  /** Asks a person for the code that came by mail. */
  askForCode?: (() => Promise<string>) | undefined;
  print(line: string): void;
}

/** In the stack's own network. */
const SANDBOX = { resend: 'http://sandbox:4102', stripe: 'http://sandbox:4103' };

/**
 * Makes the site: what vendors need, `.env`, the stack, its owner, and what lets the owner in again. All of it can be
 * done once more: what is there is found.
 *
 * @throws ProsoraError with what a vendor or Docker says
 */
export async function* makeSite(making: Making): AsyncGenerator<Finding> {
  const { dir, answers, hasSandbox, print } = making;
  const of = settingOf(dir, answers);
  const domain = of('DOMAIN') || 'ghost.localhost';
  const site = `https://${domain}`;
  const changes = settingsIn(answers);
  // Compose reads it there as long as it is not in `.env`.
  Object.assign(process.env, changes);
  const keys = hasSandbox ? await keysInSandbox(dir) : undefined;

  const resendKey = of('RESEND_API_KEY') || keys?.resend;
  if ((of('MAILER') || 'resend') === 'resend' && resendKey) {
    const url = of('RESEND_API_KEY') ? undefined : SANDBOX.resend;
    const made = await makeMail(dir, of('MAIL_DOMAIN') || domain, { site, key: resendKey, url });
    changes['RESEND_WEBHOOK_SECRET'] = made.secret;
    for (const line of made.lines) print(line);
    const remedy = 'Publish its records; Resend looks for them for three days.';
    yield made.domain.status === 'verified'
      ? ok('Resend', 'It sends for the domain.')
      : warn('Resend', `The domain is "${made.domain.status}" and sends nothing yet.`, remedy);
  }
  await changeSettings(dir, changes);
  await bringUp(dir, print);

  const stripeKey = answers['STRIPE_SECRET_KEY'] || keys?.stripe;
  if ((of('PAYMENTS') || 'on') === 'on' && stripeKey) {
    const url = answers['STRIPE_SECRET_KEY'] ? undefined : SANDBOX.stripe;
    const { endpoint } = await makePayments(dir, { site, key: stripeKey, url });
    yield ok('Stripe', `It reports to the site by ${endpoint}.`);
  }
  yield* letOwnerIn(making);
}

/** Makes the owner, where there is none, and sees to it that the owner comes in from a second device too. */
async function* letOwnerIn(making: Making): AsyncGenerator<Finding> {
  const { dir, answers, hasSandbox, askForCode, print } = making;
  const admin = openAdmin(dir);
  const { SITE_TITLE: title = '', OWNER_NAME: name = '' } = answers;
  const { OWNER_EMAIL: email = '', OWNER_PASSWORD: password = '' } = answers;
  const again = 'Run `prosora init` again with the answers of the owner.';
  if (!(await admin.isOwned())) {
    if (title === '') return yield warn('owner', 'The site has none yet.', again);
    const refusal = await admin.makeOwner({ title, name, email, password });
    if (refusal) return yield { ...warn('owner', refusal, again), status: 'fail' as const };
    yield ok('owner', `${email} owns the site.`);
  }
  if (password === '') return yield ok('owner', 'The site has one.');
  const trial = { dir, owner: { email, password }, hasSandbox, askForCode };
  const wasOff = settingOf(dir, {})('STAFF_DEVICE_VERIFICATION') === 'false';
  let proof = await trySecondSignIn(trial);
  const isOff = proof.mail === 'unknown' ? wasOff : proof.mail !== 'arrives';
  if (isOff !== wasOff) {
    yield proof.finding;
    await changeSettings(dir, { STAFF_DEVICE_VERIFICATION: String(!isOff) });
    await bringUp(dir, print);
    if (!isOff) proof = await trySecondSignIn(trial);
  }
  if (isOff === wasOff || !isOff) yield proof.finding;
  if (isOff) {
    const sentence =
      'Ghost asks for no code while no mail is known to arrive: nobody is locked out.';
    yield warn('second sign-in', sentence, 'Run `prosora init` again once mail goes out.');
  } else if (/^(yes|on|true)$/.test(answers['REQUIRE_EMAIL_MFA'] ?? '')) {
    yield (await admin.requireMailCode(proof.cookie))
      ? ok('sign-ins', 'Each asks for a code by mail from now on.')
      : warn('sign-ins', 'Ghost did not take the setting.', 'Set it in Ghost Admin, under Staff.');
  }
}

/** What applies, with answers that are not in `.env` yet. */
function settingOf(dir: string, answers: Answers): (name: string) => string {
  const values = { ...readEnvFile(dir).values, ...settingsIn(answers) };
  const settings = effectiveSettings(dir, process.env, values);
  return (name) => settings.get(name)?.value ?? '';
}

async function keysInSandbox(dir: string): Promise<{ resend: string; stripe: string }> {
  await compose(dir, ['up', '--detach', '--wait', 'sandbox']);
  const answer = await fetch(`http://${await addressOf(dir, 'sandbox', 'front')}:4100/vendors`);
  const { resend, stripe } = (await answer.json()) as Record<'resend' | 'stripe', Keys>;
  return { resend: resend.apiKey, stripe: stripe.secretKey };
}

type Keys = Record<'apiKey' | 'secretKey', string>;

/** A first `.env` begins with the file that explains all settings. */
async function changeSettings(dir: string, changes: Record<string, string>): Promise<void> {
  const { text, values } = readEnvFile(dir);
  const isFirst = !existsSync(join(dir, '.env'));
  const former = isFirst ? readFileSync(join(dir, '.env.example'), 'utf8') : text;
  const changed = Object.entries(changes).filter(([name, value]) => values[name] !== value);
  Object.assign(process.env, changes);
  await writeEnvFile(dir, withValues(former, Object.fromEntries(changed)));
}
