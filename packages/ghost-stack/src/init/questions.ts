import { cancel, confirm, isCancel, password, select, text } from '@clack/prompts';
import { ProsoraError } from '@prosora/service';

/** A question, by the name of its answer. */
export interface Question {
  name: string;
  text: string;
  /** One of these, each with what it means; any text without. */
  choices?: Readonly<Record<string, string>>;
  isSecret?: boolean;
  /** Nothing is an answer too. */
  isOptional?: boolean;
  /** Whether it makes sense after the answers so far. (Default: always) */
  isAsked?: (of: (name: string) => string) => boolean;
}

type More = Omit<Question, 'name' | 'text'>;
const ask = (name: string, text: string, more: More = {}): Question => ({ name, text, ...more });

/** A secret that is wanted where a part of the stack goes a certain way. */
const secretOf = (part: string, standard: string, way = standard): More => ({
  isSecret: true,
  isAsked: (of) => (of(part) || standard) === way,
});

const MEDIA = { cloudinary: 'Cloudinary', s3: 'an S3 bucket', local: 'this machine' };
const MAILER = { resend: 'Resend', mailgun: 'Mailgun, as Ghost does by itself' };
const ANALYTICS = { engine: 'this machine', tinybird: 'Tinybird', off: 'none' };
const CDN = { none: 'nothing', cloudflare: 'Cloudflare', proxy: 'a proxy of yours' };
const PAYMENTS = { on: 'yes', off: 'no' };
const TOKEN_TEXT =
  'A token of Cloudflare for the zone: Zone Read, Cache Purge, Cache Rules and Zone Settings Edit, DNS Read';
const STRIPE_TEXT = 'A key of Stripe, to make the endpoint with and forget; empty without payments';

/** What a person is asked, in this order. A setting that the stack in the folder lacks is left out. */
export const QUESTIONS: readonly Question[] = [
  ask('DOMAIN', 'The host name that readers type, such as blog.example.com'),
  ask('MEDIA', 'Where pictures, videos and files are kept', { choices: MEDIA }),
  ask('CLOUDINARY_URL', 'Cloudinary’s address: cloudinary://…', secretOf('MEDIA', 'cloudinary')),
  ask('MAILER', 'Who sends newsletters and all other mail', { choices: MAILER }),
  ask('RESEND_API_KEY', 'A key of Resend with full access', secretOf('MAILER', 'resend')),
  ask('ANALYTICS', 'Where the charts come from', { choices: ANALYTICS }),
  ask('PAYMENTS', 'Whether payments pass an inbox that loses none', { choices: PAYMENTS }),
  ask('STRIPE_SECRET_KEY', STRIPE_TEXT, { ...secretOf('PAYMENTS', 'on'), isOptional: true }),
  ask('CDN', 'What stands in front of this machine', { choices: CDN }),
  ask('CLOUDFLARE_API_TOKEN', TOKEN_TEXT, secretOf('CDN', 'none', 'cloudflare')),
  ask('CDN_ADDRESSES', 'Where that proxy connects from, as 172.18.0.1/32', {
    isAsked: (of) => of('CDN') === 'proxy',
  }),
  ask('SITE_TITLE', 'The title of the site'),
  ask('OWNER_NAME', 'Your name'),
  ask('OWNER_EMAIL', 'Your e-mail address'),
  ask('OWNER_PASSWORD', 'A password of ten characters or more', { isSecret: true }),
];

/**
 * Asks a person; nothing keeps a secret as it is. `wrong` says at once what is wrong with an answer.
 *
 * @throws ProsoraError `STOPPED` when the person would rather not
 */
export async function askPerson(
  { text: message, choices, isSecret, isOptional }: Question,
  current: string,
  wrong: (value: string) => string | undefined,
): Promise<string> {
  if (choices) {
    const options = Object.entries(choices).map(([value, label]) => ({ value, label }));
    return heard(await select({ message, options, initialValue: current }));
  }
  const isKept = isSecret === true && current !== '';
  const validate = (value = ''): string | undefined => {
    if (value !== '') return wrong(value.trim());
    return isOptional || isKept ? undefined : 'Nothing is no answer here.';
  };
  const said = isSecret
    ? await password({ message: isKept ? `${message} (nothing keeps it)` : message, validate })
    : await text({ message, initialValue: current, validate });
  return (heard(said) ?? '').trim() || (isKept ? current : '');
}

/** What only a person who is there can say. Each throws ProsoraError `STOPPED` where that person would rather not. */
export const person = {
  async goesOn(): Promise<boolean> {
    return heard(await confirm({ message: 'Go on?' }));
  },
  /** The code in the mail that came; empty from one who has none. */
  async codeInMail(): Promise<string> {
    return (heard(await text({ message: 'The code in the mail that came' })) ?? '').trim();
  },
  /** Whether a code by mail is wanted at each sign-in, and not from a new device alone. */
  async wantsCodes(): Promise<boolean> {
    const message = 'Shall Ghost ask for a code by mail at every sign-in, also on a known device?';
    return heard(await confirm({ message, initialValue: false }));
  },
};

export type Person = typeof person;

function heard<Answer>(answer: Answer): Exclude<Answer, symbol> {
  if (!isCancel(answer)) return answer as Exclude<Answer, symbol>;
  cancel('Stopped.');
  throw new ProsoraError('STOPPED', 'Nothing was changed.');
}
