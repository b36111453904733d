import { basename } from 'node:path';
import { type OptionValues, pick, UsageError, verb } from '@prosora/service';
import { Resend } from 'resend';
import { mailOptions, publicUrlOf } from '../../options.ts';
import { noteImport } from '../../store/imports.ts';
import { importSuppressions, readSuppressions } from '../import-suppressions.ts';
import { recordLine, type SendingDomain, setUpDomain, waitForDomain } from '../sending-domain.ts';
import { type SetUp, setUpWebhook } from '../setup.ts';
import { openHere, storeOptions } from './operator.ts';

const resendOptions = pick(mailOptions, 'resendApiKey', 'resendBaseUrl');

export const setup = verb({
  help: 'Makes the webhook at Resend and stores its secret; with a domain, makes that too and says its DNS records',
  flags: {
    domain: { type: 'string', value: 'DOMAIN', help: 'Send from this one: make it, or find it' },
    wait: { type: 'string', value: 'MINUTES', help: 'Wait so long until Resend has verified it' },
    replace: { type: 'boolean', help: 'Make a new webhook, with a new secret, where there is one' },
    'show-secret': {
      type: 'boolean',
      help: 'Hand the secret to the caller of --json in place of the store, which need not be there',
    },
  },
  needs: { ...storeOptions, ...resendOptions, ...pick(mailOptions, 'publicUrl') },
  async run({ flags: { domain: name, wait, replace, ...flags }, options, show }) {
    const publicUrl = publicUrlOf(options, '"setup"');
    const waitMs = minutesOf(wait) * 60_000;
    const isShown = flags['show-secret'];
    await using opened = isShown ? undefined : await openHere(options);
    const resend = resendOf(options);
    // First what can be refused, so that a refusal leaves nothing behind.
    const made = name === undefined ? undefined : await setUpDomain(resend, name);
    const { secret, ...webhook } = await setUpWebhook({ resend, store: opened?.store }, publicUrl, {
      replace,
    });
    const domain = made && (await waitForDomain(resend, made, { waitMs }));
    const lines = [...(domain ? domainLines(domain) : []), webhookLine(webhook, isShown)];
    const result = { ...webhook, ...(domain && { domain }), ...(isShown && { secret }), lines };
    show(result, () => lines);
    return 0;
  },
});

function minutesOf(text = '0'): number {
  const minutes = Number(text);
  if (minutes >= 0) return minutes;
  throw new UsageError(`--wait takes minutes, not "${text}".`);
}

function domainLines({ name, status, records }: SendingDomain): string[] {
  return [
    `Resend sends for ${name} once it has found these records (it is "${status}" now):`,
    ...records.map(recordLine),
  ];
}

function webhookLine({ endpoint, existed }: Omit<SetUp, 'secret'>, isShown: boolean): string {
  return existed
    ? `Resend reports to ${endpoint} already; with --replace it gets a new secret.`
    : `Resend reports to ${endpoint}; its secret is ${isShown ? 'handed to the caller' : 'stored'}.`;
}

export const importList = verb({
  help: 'Puts addresses that Mailgun exported on the suppression list of Resend',
  args: '<file>',
  needs: { ...storeOptions, ...resendOptions },
  async run({ args: [file = ''], options, print, show }) {
    const addresses = await readSuppressions(file);
    await using opened = await openHere(options);
    await importSuppressions(resendOf(options), addresses, (done) =>
      print(`${done} of ${addresses.length} are on the suppression list of Resend.`),
    );
    const done = { addresses: addresses.length, at: Date.now() };
    await noteImport(opened.store, basename(file), done);
    // A person has read it by now.
    show(done, () => []);
    return 0;
  },
});

function resendOf({ resendApiKey, resendBaseUrl }: OptionValues<typeof resendOptions>): Resend {
  return new Resend(resendApiKey, { baseUrl: resendBaseUrl });
}
