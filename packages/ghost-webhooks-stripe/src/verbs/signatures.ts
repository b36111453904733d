import { readFileSync } from 'node:fs';
import { secretIdOf } from '../webhook/secret-id.ts';
import { sign as signBody, verify as verifyBody } from '../webhook/signature.ts';
import { misused, print, secretsOf, type Verb } from './verb.ts';

/** `sign <file>`: the header with which Ghost takes the bytes of a file, now and for five minutes. */
export const sign: Verb = async ({ args: [file] }, values) => {
  const secrets = await secretsOf(values);
  print(`${signBody(read(file), { secrets: secrets.ghost() })}\n`);
};

/** `verify <file> --signature <header>`: whether Stripe signed the bytes of a file, and with which secret. */
export const verify: Verb = async ({ args: [file], signature }, values) => {
  const secrets = (await secretsOf(values)).stripe();
  const outcome = verifyBody(read(file), signature, { secrets });
  if (outcome.ok) {
    const at = new Date(outcome.timestamp * 1000).toISOString();
    return print(`right: secret ${secretIdOf(secrets[outcome.secretIndex] ?? '')}, signed ${at}\n`);
  }
  print(`wrong: ${outcome.code}\n`);
  process.exitCode = 1;
};

function read(file: string | undefined): Uint8Array {
  if (file === undefined) throw misused('Say which file.', '- is standard input.');
  return readFileSync(file === '-' ? 0 : file);
}
