import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean, nearest } from '@prosora/service';
import { isTimezone } from '../options.ts';
import {
  type EffectiveSetting,
  effectiveSettings,
  hasProfileIn,
  isGhostOption,
  isSecretSetting,
} from './effective.ts';
import { readEnvFile } from './env-file.ts';

/** What a value has to be: one of some, or of a form, as a person who typed another is told. */
type Rule = { names: string[] } & ({ values: string[] } | { form: string; wanted: string });

/** What settings have to be, and which options of Ghost's the stack keeps to itself: `setup` reads the same files. */
const CHOICES = 'examples/ghost-stack/choices';

function choicesIn<Read>(dir: string, file: string): Read {
  return JSON.parse(readFileSync(join(dir, CHOICES, file), 'utf8'));
}

/**
 * Everything that is wrong with the stack's settings, a sentence each with its remedy; no value of a secret is part of
 * one. Variables of Compose's own are not judged.
 *
 * @param values what `.env` holds, or would
 */
export function settingProblems(
  dir: string,
  env: Record<string, string | undefined>,
  values = readEnvFile(dir).values,
): string[] {
  const settings = effectiveSettings(dir, env, values);
  const rules = choicesIn<Rule[]>(dir, 'rules.json');
  const hasSandbox = hasProfileIn('sandbox', env, values);
  return [
    ...misspelt(Object.keys(values), [...settings.keys()]),
    ...[...settings.values()].flatMap((setting) =>
      setting.source === 'environment' && isReadFromFile(setting.name, values)
        ? [`${setting.name} is set in this shell, where no service looks: move it to .env.`]
        : problemsOf(setting, hasSandbox && isStoodInFor(setting), rules),
    ),
    ...ghostProblems(dir, settings),
    ...problemsTogether(dir, settings, hasProfileIn('watch', env, values)),
  ];
}

function misspelt(names: readonly string[], known: readonly string[]): string[] {
  return names
    .filter((name) => !known.includes(name) && !/^(COMPOSE|DOCKER)_/.test(name))
    .map((name) => {
      const hint = didYouMean(name, known, 'Remove it, or see .env.example for all.');
      return `${name} in .env is no setting of the stack. ${hint}`;
    });
}

/** Whether it is a secret that `setup` reads from `.env`, so that no container's description shows it, and finds none. */
function isReadFromFile(name: string, values: Readonly<Record<string, string>>): boolean {
  return isSecretSetting(name) && !name.startsWith('NOTIFY_') && !values[name];
}

/** The choices that the sandbox has a stand-in for. */
const STOOD_IN_FOR = ['cloudinary', 'resend', 'cloudflare'];

function isStoodInFor({ onlyWith }: EffectiveSetting): boolean {
  return onlyWith === undefined || STOOD_IN_FOR.includes(onlyWith.value);
}

function problemsOf(
  setting: EffectiveSetting,
  hasStandIn: boolean,
  rules: readonly Rule[],
): string[] {
  const { name, value, source, isRequired, description, onlyWith } = setting;
  if (value === '') {
    const why = onlyWith ? ` and ${onlyWith.name}=${onlyWith.value} needs it` : '';
    return isRequired && !hasStandIn ? [`${name} is not set${why}: ${description}`] : [];
  }
  const wanted = source === 'default' ? undefined : wantedOf(name, value, rules);
  const shown = isSecretSetting(name) ? '' : ` "${value}"`;
  return wanted ? [`${name}${shown} is not what it should be: ${wanted}.`] : [];
}

/** What a value should be instead; undefined where it is right. */
function wantedOf(name: string, value: string, rules: readonly Rule[]): string | undefined {
  if (name === 'TIMEZONE')
    return isTimezone(value) ? undefined : 'use a name such as Europe/Berlin';
  const rule = rules.find(({ names }) => names.includes(name));
  if (rule === undefined) return undefined;
  if ('form' in rule) {
    // What looks like an address has to be one, too.
    const isRead = !value.includes('://') || URL.canParse(value);
    return isRead && new RegExp(rule.form).test(value) ? undefined : rule.wanted;
  }
  if (rule.values.includes(value)) return undefined;
  // Of a short word every other is one letter away.
  const meant = value.length > 3 ? nearest(value, rule.values) : undefined;
  return `${meant ? `did you mean ${meant}? U` : 'u'}se ${rule.values.join(', ')}`;
}

function ghostProblems(dir: string, settings: ReadonlyMap<string, EffectiveSetting>): string[] {
  const names = [...settings.values()].filter(({ name }) => isGhostOption(name));
  if (names.length === 0) return [];
  const kept = Object.entries(choicesIn<Record<string, string>>(dir, 'kept-options.json'));
  return names.flatMap(({ name }) => {
    const [, remedy] = kept.find(([start]) => name.search(start) === 0) ?? [];
    return remedy ? [`${name} in .env would break the stack: ${remedy}.`] : [];
  });
}

function problemsTogether(
  dir: string,
  settings: ReadonlyMap<string, EffectiveSetting>,
  isWatched: boolean,
): string[] {
  const of = (name: string): string => settings.get(name)?.value ?? '';
  const problems: string[] = [];
  if (of('ADMIN_DOMAIN') !== '' && of('ADMIN_DOMAIN') === of('DOMAIN')) {
    problems.push('ADMIN_DOMAIN is the same as DOMAIN: leave it empty to have Admin there.');
  }
  if (of('CDN') === 'proxy' && of('CDN_ADDRESSES') === '') {
    problems.push(
      'CDN is "proxy" without CDN_ADDRESSES: set them to where that proxy connects from.',
    );
  }
  if (isWatched && of('OPS') === 'off') {
    problems.push(
      'OPS is "off" with COMPOSE_PROFILES=watch, whose alerts only `ops` hands on: set it to on, or leave the profile out.',
    );
  }
  for (const name of ['DATABASE_CA', 'REDIS_CA']) {
    if (of(name) === '' || existsSync(join(dir, of(name)))) continue;
    problems.push(`${name} "${of(name)}" is no file in the stack’s folder: put it there.`);
  }
  if (of('NOTIFY_EMAIL') !== '' && of('NOTIFY_SMTP_URL') === '') {
    problems.push(
      'NOTIFY_EMAIL is set without NOTIFY_SMTP_URL: name the account that sends it, one that is not the site’s own.',
    );
  }
  return problems;
}
