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

const uses =
  (part: string, way: string) =>
  (of: (name: string) => string): boolean =>
    (of(part) || way) === way;

/** What a person is asked, in this order. A setting that the stack in the folder lacks is left out. */
export const QUESTIONS: readonly Question[] = [
  { name: 'DOMAIN', text: 'The host name that readers type, such as blog.example.com' },
  {
    name: 'MEDIA',
    text: 'Where pictures, videos and files are kept',
    choices: { cloudinary: 'Cloudinary', s3: 'an S3 bucket', local: 'this machine' },
  },
  {
    name: 'CLOUDINARY_URL',
    text: 'Cloudinary’s "API environment variable": cloudinary://…',
    isSecret: true,
    isAsked: uses('MEDIA', 'cloudinary'),
  },
  {
    name: 'MAIL',
    text: 'Who sends newsletters and all other mail',
    choices: { resend: 'Resend', mailgun: 'Mailgun, as Ghost does by itself' },
  },
  {
    name: 'RESEND_API_KEY',
    text: 'A key of Resend with full access',
    isSecret: true,
    isAsked: uses('MAIL', 'resend'),
  },
  {
    name: 'ANALYTICS',
    text: 'Where the charts come from',
    choices: { engine: 'this machine', tinybird: 'Tinybird', off: 'none' },
  },
  {
    name: 'PAYMENTS',
    text: 'Whether payments go through an inbox that loses none',
    choices: { on: 'yes', off: 'no' },
  },
  {
    name: 'STRIPE_SECRET_KEY',
    text: 'A key of Stripe, to make the endpoint with and forget; empty without paid members',
    isSecret: true,
    isOptional: true,
    isAsked: uses('PAYMENTS', 'on'),
  },
  { name: 'SITE_TITLE', text: 'The title of the site' },
  { name: 'OWNER_NAME', text: 'Your name' },
  { name: 'OWNER_EMAIL', text: 'Your e-mail address' },
  { name: 'OWNER_PASSWORD', text: 'A password of ten characters or more', isSecret: true },
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

/** A question that a yes or a no answers. @throws ProsoraError `STOPPED` */
export async function askWhether(message: string): Promise<boolean> {
  return heard(await confirm({ message }));
}

/** A word that a person may leave out. @throws ProsoraError `STOPPED` */
export async function askForWord(message: string): Promise<string> {
  return (heard(await text({ message })) ?? '').trim();
}

function heard<Answer>(answer: Answer): Exclude<Answer, symbol> {
  if (!isCancel(answer)) return answer as Exclude<Answer, symbol>;
  cancel('Stopped.');
  throw new ProsoraError('STOPPED', 'Nothing was changed.');
}
