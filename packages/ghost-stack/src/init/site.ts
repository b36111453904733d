import { type Finding, judge, ok } from '@prosora/service';
import { addressOf } from '../services/operator.ts';
import { domainIn } from '../settings/effective.ts';
import { changeSettings } from '../settings/env-file.ts';
import { bringUp } from '../stack/bring-up.ts';
import { compose } from '../stack/compose.ts';
import { guarded } from '../stack/preflight.ts';
import { readerWith, settingsIn } from './answers.ts';
import { type Letting, letOwnerIn } from './let-owner-in.ts';
import { makeMail, makePayments, makeZone } from './make.ts';
import { tellOfChanges } from './tell-of-changes.ts';

/** In the stack's own network. */
const SANDBOX = { resend: 'http://sandbox:4102', stripe: 'http://sandbox:4103' };

/**
 * Makes the site: what vendors need, `.env`, the stack, its owner, and what lets the owner in again. All of it can be
 * done once more: what is there is found.
 *
 * @param making `cutOff` is the command that was killed before, if one was
 * @throws ProsoraError with what a vendor or Docker says
 */
export async function* makeSite(
  making: Letting & { cutOff: string | undefined },
): AsyncGenerator<Finding> {
  const { dir, answers, hasSandbox, print } = making;
  const of = readerWith(dir, answers);
  const domain = domainIn(of);
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
    yield judge('Resend', made.domain.status === 'verified', {
      ok: 'It sends for the domain.',
      warn: `The domain is "${made.domain.status}" and sends nothing yet.`,
      remedy: 'Publish its records; Resend looks for them for three days.',
    });
  }
  Object.assign(process.env, changes);
  await changeSettings(dir, changes);
  await bringUp(dir, print, making.cutOff);

  const stripeKey = answers['STRIPE_SECRET_KEY'] || keys?.stripe;
  if ((of('PAYMENTS') || 'on') === 'on' && stripeKey) {
    const url = answers['STRIPE_SECRET_KEY'] ? undefined : SANDBOX.stripe;
    // A site that is up and has no owner belongs to whoever comes first, so nothing keeps it from having one.
    yield* guarded('Stripe', makeEndpoint(dir, { site, key: stripeKey, url }));
  }
  if (of('CDN') === 'cloudflare') yield* guarded('Cloudflare', setZone(making));
  const cookie = yield* letOwnerIn(making);
  if (of('CDN') === 'cloudflare' && cookie !== '') {
    yield* guarded('Ghost', tellOfChanges(dir, domain, cookie));
  }
}

async function* setZone({ dir, print }: Letting): AsyncGenerator<Finding> {
  const steps = await makeZone(dir);
  for (const { name, outcome } of steps) print(`${name}: ${outcome}`);
  const failed = steps.filter(({ outcome }) => outcome.startsWith('failed'));
  yield judge('Cloudflare', failed.length === 0, {
    ok: 'The rules and settings of the zone are as Ghost needs them.',
    fail: `It did not take ${failed.map(({ name, outcome }) => `${name} (${outcome})`).join(', ')}.`,
    remedy: 'Give the token what .env.example says, and run `prosora init` again.',
  });
}

async function* makeEndpoint(...making: Parameters<typeof makePayments>): AsyncGenerator<Finding> {
  const { endpoint } = await makePayments(...making);
  yield ok('Stripe', `It reports to the site by ${endpoint}.`);
}

async function keysInSandbox(dir: string): Promise<{ resend: string; stripe: string }> {
  await compose(dir, ['up', '--detach', '--wait', 'sandbox']);
  const answer = await fetch(`http://${await addressOf(dir, 'sandbox', 'front')}:4100/vendors`);
  const { resend, stripe } = (await answer.json()) as Record<'resend' | 'stripe', Keys>;
  return { resend: resend.apiKey, stripe: stripe.secretKey };
}

type Keys = Record<'apiKey' | 'secretKey', string>;
