import { setTimeout as delay } from 'node:timers/promises';
import { MailBridgeError } from '../errors.ts';

/** What Resend's SDK answers to any call. */
type Answer<Data> =
  | { data: Data; error: null }
  | { data: null; error: { name: string; message: string; statusCode: number | null } };

/** Resend counts calls by the second: https://resend.com/docs/api-reference/rate-limit */
const WAIT_MS = 1_000;
const TRIES = 6;

/**
 * What a call to Resend brings; one that came too fast is made again.
 *
 * @throws MailBridgeError `RESEND` with what is wrong and what to do about it
 */
export async function answerOf<Data>(call: () => Promise<Answer<Data>>): Promise<Data> {
  for (let tries = 1; ; tries++) {
    const { data, error } = await call();
    if (error === null) return data;
    if (error.name !== 'rate_limit_exceeded' || tries === TRIES) throw refusalOf(error);
    await delay(WAIT_MS);
  }
}

const KEYS = 'https://resend.com/api-keys';
const FULL_ACCESS = `Make a key with "Full access" at ${KEYS}.`;

/** Sentences of Resend that name a kind of their own only in words: https://resend.com/docs/api-reference/errors */
const BY_WORDS: readonly [words: RegExp, help: string][] = [
  [
    /registered already/,
    'Another team has it: use a key of that team, or see https://resend.com/docs/knowledge-base/domain-already-registered.',
  ],
  [
    /plan includes/,
    'Use a domain that the team has, delete one at https://resend.com/domains, or take a larger plan.',
  ],
];

function refusalOf({
  name,
  message,
  statusCode,
}: {
  name: string;
  message: string;
  statusCode: number | null;
}) {
  if (statusCode === null) {
    return new MailBridgeError('RESEND', 'Resend cannot be reached, or did not answer.', {
      help: 'See that this machine reaches the internet, and run this again: what was made is found.',
    });
  }
  if (name === 'restricted_api_key') {
    return new MailBridgeError('RESEND', 'The key of Resend may only send.', { help: FULL_ACCESS });
  }
  if (name === 'invalid_api_key' || name === 'missing_api_key') {
    return new MailBridgeError('RESEND', 'Resend does not know the key.', { help: FULL_ACCESS });
  }
  const help = BY_WORDS.find(([words]) => words.test(message))?.[1];
  return new MailBridgeError('RESEND', `Resend says: ${message}`, {
    help: help ?? 'See https://resend.com/domains and https://resend.com/webhooks.',
  });
}
