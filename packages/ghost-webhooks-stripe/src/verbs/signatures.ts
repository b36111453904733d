import { readFileSync } from 'node:fs';
import { verb } from '@prosora/service';
import { secretIdOf } from '../webhook/secret-id.ts';
import { sign as signBody, verify as verifyBody } from '../webhook/signature.ts';
import { secretNeeds, secretsOf } from './visit.ts';

/** `sign <file>`: the header with which Ghost takes the bytes of a file, now and for five minutes. */
export const sign = verb({
  help: 'Prints the header with which Ghost takes the bytes of a file; - is standard input',
  args: '<file>',
  needs: secretNeeds,
  async run({ args: [file = '-'], options, show }) {
    const secrets = await secretsOf(options, ['ghost']);
    const header = signBody(read(file), { secrets: secrets.ghost() });
    show({ header }, () => header);
    return 0;
  },
});

/** `verify <file> --signature <header>`: whether Stripe signed the bytes of a file, and with which secret. */
export const verify = verb({
  help: 'Checks whether Stripe signed the bytes of a file; - is standard input',
  args: '<file>',
  flags: {
    signature: { type: 'string', value: 'HEADER', help: 'The Stripe-Signature header' },
  },
  needs: secretNeeds,
  async run({ args: [file = '-'], flags: { signature }, options, show }) {
    const secrets = (await secretsOf(options, ['stripe'])).stripe();
    const outcome = verifyBody(read(file), signature, { secrets });
    if (!outcome.ok) {
      show(outcome, ({ code }) => `wrong: ${code}`);
      return 1;
    }
    const secret = secretIdOf(secrets[outcome.secretIndex] ?? '');
    const signedAt = new Date(outcome.timestamp * 1000).toISOString();
    show({ ok: true, secret, signedAt }, () => `right: secret ${secret}, signed ${signedAt}`);
    return 0;
  },
});

function read(file: string): Uint8Array {
  return readFileSync(file === '-' ? 0 : file);
}
