import { basename } from 'node:path';
import { type OptionValues, pick, verb } from '@prosora/service';
import { Resend } from 'resend';
import { mailOptions, publicUrlOf } from '../../options.ts';
import { noteImport } from '../../store/imports.ts';
import { importSuppressions, readSuppressions } from '../import-suppressions.ts';
import { setUpWebhook } from '../setup.ts';
import { openHere, storeOptions } from './operator.ts';

const resendOptions = pick(mailOptions, 'resendApiKey', 'resendBaseUrl');

export const setup = verb({
  help: 'Makes the webhook at Resend and stores its secret',
  flags: { replace: { type: 'boolean', help: 'Make a new secret where there is a webhook' } },
  needs: { ...storeOptions, ...resendOptions, ...pick(mailOptions, 'publicUrl') },
  async run({ flags: { replace }, options, show }) {
    const publicUrl = publicUrlOf(options, '"setup"');
    await using opened = await openHere(options);
    const context = { resend: resendOf(options), store: opened.store };
    const made = await setUpWebhook(context, publicUrl, { replace });
    show(made, ({ endpoint, existed }) =>
      existed
        ? `Resend reports to ${endpoint} already; with --replace it gets a new secret.`
        : `Resend reports to ${endpoint}; its secret is stored.`,
    );
    return 0;
  },
});

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
