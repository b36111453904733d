import { type Finding, fail, judge, ok, warn } from '@prosora/service';
import { codeInSandbox, type MailFate, openMails } from './mails.ts';
import { type Owner, openAdmin } from './owner.ts';
import type { Person } from './questions.ts';

/** What has to be known to sign in twice. */
export interface Trial {
  dir: string;
  owner: Pick<Owner, 'email' | 'password'>;
  hasSandbox: boolean;
  /** Who has the code that came by mail, if anybody is there. */
  person: Pick<Person, 'codeInMail'> | undefined;
}

/** What came of it. */
export interface Proof {
  finding: Finding;
  /** Whether a mail to the owner surely arrived, so that Ghost may ask for what stands in it. */
  mail: 'arrives' | 'does not' | 'unknown';
  /** Of a session that Ghost takes for the owner's; empty where there is none. */
  cookie: string;
}

const NAME = 'second sign-in';
const UNSEEN: MailFate = { why: 'nobody was there to see it' };

/**
 * Signs the owner in as from a first and from a second device. From the second on Ghost asks for a code that it
 * mails, so this is the test of mail too.
 */
export async function trySecondSignIn(trial: Trial): Promise<Proof> {
  const { dir, owner, hasSandbox, person } = trial;
  const admin = openAdmin(dir);
  await admin.signIn(owner);
  // Where mail goes another way than by the bridge, only a person can see whether it arrives.
  const mails = await openMails(dir, owner.email).catch(() => undefined);
  const before = await mails?.newest();
  const second = await admin.signIn(owner);
  if (second.is === 'refused') {
    const remedy = 'Give the OWNER_EMAIL and OWNER_PASSWORD that Ghost Admin knows.';
    const finding = fail(NAME, `Ghost refuses it: ${second.why}`, remedy);
    return { finding, mail: 'unknown', cookie: '' };
  }
  if (second.is === 'no mail') return noMail(owner.email, second.why);
  const { cookie } = second;
  // Without device verification the second device is in, and a mail has to be asked for.
  if (second.is === 'in') await admin.mailCode(cookie);
  const fate = (await mails?.fateOfNext(before)) ?? UNSEEN;
  if (fate !== 'delivered' && (mails || !person)) return noMail(owner.email, `${fate.why}.`);
  const arrived = ok('mail', `A test to ${owner.email} arrived.`);
  const isIn = second.is === 'in';
  if (isIn && fate === 'delivered') return { finding: arrived, mail: 'arrives', cookie };
  const code = hasSandbox
    ? await codeInSandbox(dir, owner.email)
    : ((await person?.codeInMail()) ?? '');
  if (code !== '' && (await admin.verify(cookie, code))) {
    const finding = isIn ? arrived : ok(NAME, 'The code from the mail lets the owner in.');
    return { finding, mail: 'arrives', cookie };
  }
  const why = code === '' ? 'nobody has the code in it.' : 'Ghost does not take that code.';
  if (!mails) return noMail(owner.email, why);
  const finding = judge(NAME, code === '', {
    ok: 'Ghost asks for a code, and the mail with it arrived.',
    warn: 'Ghost does not take that code, and mails another at the next sign-in.',
  });
  return { finding, mail: 'arrives', cookie: '' };
}

function noMail(email: string, why: string): Proof {
  const finding = warn('mail', `No test to ${email} is known to have arrived: ${why}`);
  return { finding, mail: 'does not', cookie: '' };
}
