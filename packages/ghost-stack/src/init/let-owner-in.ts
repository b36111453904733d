import { type Finding, fail, judge, ok, warn } from '@prosora/service';
import { changeSettings } from '../settings/env-file.ts';
import { bringUp } from '../stack/bring-up.ts';
import { type Answers, readerWith } from './answers.ts';
import { openAdmin } from './owner.ts';
import type { Person } from './questions.ts';
import { type Proof, trySecondSignIn } from './second-sign-in.ts';

/** Whose site it is, and who is there. */
export interface Letting {
  dir: string;
  answers: Answers;
  hasSandbox: boolean;
  /** Whoever is asked what only a person sees; undefined where nobody is there. */
  person: Pick<Person, 'codeInMail' | 'wantsCodes'> | undefined;
  print(line: string): void;
}

/**
 * Makes the owner, where there is none, and sees to it that the owner comes in from a second device too.
 *
 * @returns the cookie of a session of the owner's; empty where there is none
 */
export async function* letOwnerIn(letting: Letting): AsyncGenerator<Finding, string> {
  const { dir, answers, hasSandbox, person, print } = letting;
  const admin = openAdmin(dir);
  const { SITE_TITLE: title = '', OWNER_NAME: name = '' } = answers;
  const { OWNER_EMAIL: email = '', OWNER_PASSWORD: password = '' } = answers;
  const again = 'Run `prosora init` again with the answers of the owner.';
  if (!(await admin.isOwned())) {
    if (title === '') {
      yield warn('owner', 'The site has none yet.', again);
      return '';
    }
    const refusal = await admin.makeOwner({ title, name, email, password });
    if (refusal) {
      yield fail('owner', refusal, again);
      return '';
    }
    yield ok('owner', `${email} owns the site.`);
  }
  if (password === '') {
    yield ok('owner', 'The site has one.');
    return '';
  }
  const trial = { dir, owner: { email, password }, hasSandbox, person };
  let wasOff = readerWith(dir, {})('STAFF_DEVICE_VERIFICATION') === 'false';
  for (;;) {
    const proof = await trySecondSignIn(trial);
    yield proof.finding;
    const isOff = proof.mail === 'unknown' ? wasOff : proof.mail !== 'arrives';
    if (isOff !== wasOff) {
      const changes = { STAFF_DEVICE_VERIFICATION: String(!isOff) };
      Object.assign(process.env, changes);
      await changeSettings(dir, changes);
      await bringUp(dir, print);
    }
    if (isOff) {
      const sentence =
        'Ghost asks for no code while no mail is known to arrive: nobody is locked out.';
      yield warn('second sign-in', sentence, 'Run `prosora init` again once mail goes out.');
      const entry = await admin.signIn({ email, password });
      return entry.is === 'in' ? entry.cookie : '';
    }
    if (!wasOff) {
      yield* offerCodes(letting, proof);
      return proof.cookie;
    }
    // What Ghost asks for again has to let the owner in.
    wasOff = false;
  }
}

/** Once a mail let the owner in, Ghost may ask for one at every sign-in. */
async function* offerCodes({ dir, answers, person }: Letting, { cookie }: Proof) {
  const said = answers['REQUIRE_EMAIL_MFA'];
  const isWanted =
    said === undefined
      ? cookie !== '' && (await person?.wantsCodes())
      : /^(yes|on|true)$/.test(said);
  if (!isWanted) return;
  const isTaken = cookie !== '' && (await openAdmin(dir).requireMailCode(cookie));
  yield judge('sign-ins', isTaken, {
    ok: 'Each asks for a code by mail from now on.',
    warn: 'Ghost did not take the setting.',
    remedy: 'Set it in Ghost Admin, under Staff.',
  });
}
