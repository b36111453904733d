import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { didYouMean, UsageError } from '@prosora/service';
import { isSecretSetting, settingReader } from '../settings/effective.ts';
import { readEnvFile } from '../settings/env-file.ts';
import { knownSettings } from '../settings/known-settings.ts';
import { forgetCare, keepCare, readCare } from '../stack/care-files.ts';

/** What a person or a file has said, by the names of the settings and of what `init` asks beside them. */
export type Answers = Readonly<Record<string, string>>;

/** The four that make the site's owner. */
export const OWNER_WORDS = ['SITE_TITLE', 'OWNER_NAME', 'OWNER_EMAIL', 'OWNER_PASSWORD'];
/** Neither is kept any longer than the run that was told it. */
const NEVER_KEPT = ['OWNER_PASSWORD', 'STRIPE_SECRET_KEY'];
const ASIDE = [...OWNER_WORDS, 'STRIPE_SECRET_KEY', 'REQUIRE_EMAIL_MFA'];

/** Whether `init` is told it and does not write it into `.env`. */
export const isAside = (name: string): boolean => ASIDE.includes(name);

/** Whether an answer is shown to nobody. */
export const isSecretAnswer = (name: string): boolean =>
  isSecretSetting(name) || NEVER_KEPT.includes(name);

/** Those that `.env` holds. */
export function settingsIn(answers: Answers): Record<string, string> {
  return Object.fromEntries(Object.entries(answers).filter(([name]) => !isAside(name)));
}

/** Reads what applies, with answers that are not in `.env` yet. */
export function readerWith(dir: string, answers: Answers): (name: string) => string {
  return settingReader(dir, { ...readEnvFile(dir).values, ...settingsIn(answers) });
}

/**
 * Reads the answers that were given in place of questions: NAME=VALUE words, and a file of JSON or of such lines, `-`
 * for the standard input. A word goes before the file.
 *
 * @throws UsageError for a name that nothing has, and for a secret among the words, which the whole machine sees
 */
export function readAnswers(dir: string, words: readonly string[], file?: string): Answers {
  const said = {
    ...(file !== undefined && readFile(file)),
    ...Object.fromEntries(words.map(pairOf)),
  };
  const known = [...knownSettings(dir).map(({ name }) => name), ...ASIDE];
  // Ghost's own options have two underscores between their levels.
  const isKnown = (name: string) => known.includes(name) || name.includes('__');
  const unknown = Object.keys(said).find((name) => !isKnown(name));
  if (unknown === undefined) return said;
  const hint = didYouMean(unknown, known, 'See .env.example for all.');
  throw new UsageError(`Nothing is called ${unknown}.`, hint);
}

function readFile(file: string): Record<string, string> {
  try {
    const text = readFileSync(file === '-' ? 0 : file, 'utf8');
    const said: object = text.trimStart().startsWith('{') ? JSON.parse(text) : parseEnv(text);
    return Object.fromEntries(Object.entries(said).map(([name, value]) => [name, String(value)]));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'no JSON';
    const hint = 'With ./prosora it has to be in the folder of the stack, or comes by --answers -';
    throw new UsageError(`The answers in ${file} cannot be read (${why}).`, hint);
  }
}

function pairOf(word: string): [name: string, value: string] {
  const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(word) ?? [];
  if (name === '') throw new UsageError(`"${word}" has no value.`, 'Write NAME=VALUE.');
  if (!isSecretAnswer(name)) return [name, value];
  const sentence = `${name} has no business on a command line, which everybody here can list.`;
  throw new UsageError(sentence, 'Give it in a file: --answers FILE.');
}

const FILE = 'answers.json';

/** Writes the answers down before anything is done with them, so that the run after a killed one has them. */
export function keepAnswers(dir: string, answers: Answers): void {
  const kept = Object.entries(answers).filter(([name]) => !NEVER_KEPT.includes(name));
  keepCare(dir, FILE, Object.fromEntries(kept));
}

/** What a killed run had been told; nothing where none was killed. */
export const keptAnswers = (dir: string): Answers => readCare<Answers>(dir, FILE) ?? {};

/** Lets go of what is said anew: the run after a killed one would put it back. */
export function replaceAnswers(dir: string, newer: Answers): void {
  const kept = Object.entries(keptAnswers(dir));
  const others = kept.filter(([name]) => !(name in newer));
  if (others.length < kept.length) keepCare(dir, FILE, Object.fromEntries(others));
}

/** Forgets them: they are in `.env` by now, or were refused. */
export const forgetAnswers = (dir: string): void => forgetCare(dir, FILE);
