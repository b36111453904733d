import { type Finding, findingLine, ProsoraError } from '@prosora/service';
import { settingProblems } from '../settings/check-settings.ts';
import { effectiveSettings } from '../settings/effective.ts';
import { readEnvFile } from '../settings/env-file.ts';
import { type Answers, isAside, isSecretAnswer, OWNER_WORDS, settingsIn } from './answers.ts';
import { examineAnswer } from './examine.ts';
import { askPerson, QUESTIONS, type Question } from './questions.ts';

/** What the answers come from. */
export interface Gathering {
  dir: string;
  /** What is known without asking. */
  given: Answers;
  /** A person is there and wants to be asked. */
  isAsking: boolean;
  hasSandbox: boolean;
  /** The site has its owner already. */
  isOwned: boolean;
  /** Answers that are taken whatever was found. */
  trusted: readonly string[];
  print(line: string): void;
}

/** What the sandbox has an answer to. */
const OF_VENDORS = [
  'DOMAIN',
  'CLOUDINARY_URL',
  'RESEND_API_KEY',
  'STRIPE_SECRET_KEY',
  'CLOUDFLARE_API_TOKEN',
];

/** What nobody is asked again once the site has an owner. */
const MADE_ONCE = ['SITE_TITLE', 'OWNER_NAME'];

/**
 * Has all answers that the stack needs, each looked at live: asked for one by one, or given, and then all problems come
 * at once.
 *
 * @throws ProsoraError `ANSWERS` with everything that is wrong, `STOPPED`
 */
export async function gatherAnswers(gathering: Gathering): Promise<Answers> {
  const answers = { ...gathering.given };
  const looked = gathering.isAsking ? await askAll(gathering, answers) : new Set();
  assertNone(problemsOf(gathering, answers));
  const wrong: string[] = [];
  for (const name of new Set(['DOMAIN', ...Object.keys(answers)])) {
    if (!looked.has(name)) wrong.push(...(await wrongLive(gathering, name, answers)));
  }
  assertNone(wrong);
  return answers;
}

/** @throws ProsoraError `ANSWERS` with all that is wrong, if anything is */
function assertNone(wrong: readonly string[]): void {
  if (wrong.length === 0) return;
  const lines = [...new Set(wrong)].join('\n');
  throw new ProsoraError('ANSWERS', `Nothing was changed, since:\n${lines}`);
}

/** Returns the names of what was asked, and looked at. */
async function askAll(gathering: Gathering, answers: Record<string, string>): Promise<Set<string>> {
  const asked = new Set<string>();
  const settings = effectiveSettings(gathering.dir, process.env);
  const of = (name: string): string => answers[name] ?? settings.get(name)?.value ?? '';
  // Whoever was let in without a code, while no mail arrived, has to sign in once more.
  const ofOwner = of('STAFF_DEVICE_VERIFICATION') === 'false' ? MADE_ONCE : OWNER_WORDS;
  const isSettled = ({ name }: Question): boolean =>
    !(settings.has(name) || isAside(name)) ||
    name in gathering.given ||
    (gathering.isOwned && ofOwner.includes(name)) ||
    (gathering.hasSandbox && OF_VENDORS.includes(name));
  for (const question of QUESTIONS) {
    if (isSettled(question) || question.isAsked?.(of) === false) continue;
    await askUntilRight(gathering, answers, question, of(question.name));
    asked.add(question.name);
  }
  // What the choices so far make necessary.
  for (;;) {
    const missing = problemsOf(gathering, answers).join('\n');
    const setting = settings.get(/^(\w+) is not set/m.exec(missing)?.[1] ?? '');
    if (setting === undefined) return asked;
    const { name, description: text } = setting;
    await askUntilRight(gathering, answers, { name, text, isSecret: isSecretAnswer(name) }, '');
    asked.add(name);
  }
}

async function askUntilRight(
  gathering: Gathering,
  answers: Record<string, string>,
  question: Question,
  current: string,
): Promise<void> {
  const { name } = question;
  const wrong = (value: string) =>
    problemsOf(gathering, { ...answers, [name]: value }).find((line) =>
      line.startsWith(`${name} `),
    );
  do {
    answers[name] = await askPerson(question, answers[name] ?? current, wrong);
  } while ((await wrongLive(gathering, name, answers)).length > 0);
}

/** Says what was found of an answer, and returns what is wrong with it. */
async function wrongLive(
  { dir, trusted, print, isAsking }: Gathering,
  name: string,
  answers: Answers,
): Promise<string[]> {
  const wrong: Finding[] = [];
  for await (const finding of examineAnswer(dir, name, answers)) {
    const isWrong = finding.status === 'fail' && !trusted.includes(name);
    if (isWrong) wrong.push(finding);
    if (!isWrong || isAsking) print(findingLine(finding));
  }
  return wrong.map(findingLine);
}

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
/** Ghost takes no shorter one. */
const LEAST_PASSWORD = 10;

/** What is wrong with the answers by themselves and together, but for what is made of them. */
function problemsOf({ dir, hasSandbox, isOwned }: Gathering, answers: Answers): string[] {
  const values = { ...readEnvFile(dir).values, ...settingsIn(answers) };
  const env = { ...process.env, ...(hasSandbox && { COMPOSE_PROFILES: 'sandbox' }) };
  const problems = settingProblems(dir, env, values).filter(
    (problem) => !problem.startsWith('RESEND_WEBHOOK_SECRET is not set'),
  );
  const { OWNER_EMAIL: email, OWNER_PASSWORD: password } = answers;
  if (email !== undefined && !EMAIL.test(email)) problems.push('OWNER_EMAIL is no e-mail address.');
  if (password !== undefined && password.length < LEAST_PASSWORD) {
    problems.push(`OWNER_PASSWORD is shorter than ${LEAST_PASSWORD} characters.`);
  }
  const given = OWNER_WORDS.filter((name) => answers[name]);
  if (isOwned || given.length === 0) return problems;
  const missing = OWNER_WORDS.filter((name) => !given.includes(name));
  return [...problems, ...missing.map((name) => `${name} is not given, though ${given[0]} is.`)];
}
