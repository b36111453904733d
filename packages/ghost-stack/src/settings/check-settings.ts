import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '@prosora/service';
import { CLOCK_TIME, isTimezone } from '../options.ts';
import {
  type EffectiveSetting,
  effectiveSettings,
  isGhostOption,
  isSecretSetting,
} from './effective.ts';
import { readEnvFile } from './env-file.ts';

/** A host name, without a scheme: https://datatracker.ietf.org/doc/html/rfc1123#section-2.1 */
const HOST_NAME = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const SIZE = /^\d+[kmg]b?$/i;

/** What a value has to be, and how a person who typed another is told so. */
type Rule = readonly [
  isRight: (value: string) => boolean,
  wanted: string | ((value: string) => string),
];

const hostName: Rule = [
  (value) => HOST_NAME.test(value),
  'use the host name alone, in small letters, such as blog.example.com',
];
const email: Rule = [
  (value) => EMAIL.test(value),
  'use an e-mail address, such as you@example.com',
];
const web: Rule = [
  (value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''),
  'use an address that begins with https://',
];
const size: Rule = [(value) => SIZE.test(value), 'use a number and k, m or g, such as 512m'];
const port: Rule = [
  (value) => /^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535,
  'use a number from 1 to 65535',
];
const oneOf = (...values: string[]): Rule => [
  (value) => values.includes(value),
  (value) => {
    // Of a short word every other is one letter away.
    const meant = value.length > 3 ? nearest(value, values) : undefined;
    return `${meant ? `did you mean ${meant}? U` : 'u'}se ${values.join(', ')}`;
  },
];
const like = (pattern: RegExp, form: string): Rule => [
  (value) => pattern.test(value),
  `use ${form}`,
];
const startsWith = (...beginnings: string[]): Rule => [
  (value) => beginnings.some((beginning) => value.startsWith(beginning)),
  `it begins with ${beginnings.join(' or ')}`,
];
const clockTime: Rule = [
  (value) => value === 'off' || CLOCK_TIME.test(value),
  'use a time such as 03:15, with a day such as sun 04:45, or off',
];

/** https://github.com/cloudinary/cloudinary_npm, which reads this form and fails late on any other. */
const CLOUDINARY_URL = /^cloudinary:\/\/[^:/@\s]+:[^@\s]+@[\w-]+(\?.*)?$/;

const RULES: Readonly<Record<string, Rule>> = {
  DOMAIN: hostName,
  ADMIN_DOMAIN: hostName,
  MAIL_DOMAIN: hostName,
  TIMEZONE: [isTimezone, 'use a name such as Europe/Berlin'],
  WWW: oneOf('off', 'on'),
  MEDIA: oneOf('cloudinary', 's3', 'local'),
  S3_PUBLIC_URL: web,
  S3_ENDPOINT: web,
  MAILER: oneOf('resend', 'mailgun'),
  MAILGUN_URL: like(/^https?:\/\/[^/]+$/, 'https://api.mailgun.net or https://api.eu.mailgun.net'),
  ANALYTICS: oneOf('engine', 'tinybird', 'off'),
  TINYBIRD_HOST: web,
  PAYMENTS: oneOf('on', 'off'),
  SOCIAL: [
    (value) => /^(ghost\.org|off|https?:\/\/[\w.-]+(:\d+)?)$/.test(value),
    'use ghost.org, off, or the address of a server of your own',
  ],
  DATABASE_URL: like(
    /^mysql:\/\/[^:@/\s]+:[^@/\s]+@[^:@/\s]+(:\d+)?\/\w+$/,
    'mysql://USER:PASSWORD@HOST:3306/DATABASE',
  ),
  REDIS_URL: like(
    /^rediss:\/\/([^:@/\s]*:[^@/\s]+@)?[^:@/\s]+(:\d+)?(\/\d*)?$/,
    'rediss://USER:PASSWORD@HOST:6379/0',
  ),
  IPV6: oneOf('true', 'false'),
  CLOUDINARY_URL: [
    (value) => CLOUDINARY_URL.test(value),
    'copy cloudinary://<key>:<secret>@<cloud name> from the console of Cloudinary',
  ],
  RESEND_API_KEY: startsWith('re_'),
  RESEND_WEBHOOK_SECRET: startsWith('whsec_'),
  STRIPE_WEBHOOK_SECRET: startsWith('whsec_'),
  CERTIFICATES: oneOf('public', 'local', 'staging'),
  CDN: oneOf('none', 'cloudflare', 'proxy'),
  PAGES: oneOf('on', 'off'),
  PAGES_CACHE: size,
  PAGES_MEMORY: size,
  HTTP_PORT: port,
  HTTPS_PORT: port,
  MYSQL_BUFFER_POOL: size,
  MYSQL_MEMORY: size,
  ENGINE_MEMORY: size,
  BACKUP_REPOSITORY: [
    (value) => /^(\/|(s3|rest|sftp|b2):)/.test(value) && !/\/\/[^/@]*:[^/@]*@/.test(value),
    "use a folder from / on, or restic's s3:, rest:, sftp: or b2:, without a password in it",
  ],
  OPS: oneOf('on', 'off'),
  BACKUP_AT: clockTime,
  VERIFY_AT: clockTime,
  DRILL_AT: clockTime,
  NOTIFY_EMAIL: email,
  NOTIFY_EMAIL_FROM: email,
  NOTIFY_SMTP_URL: [(value) => /^smtps?:\/\/./.test(value), 'use smtps://USER:PASSWORD@HOST'],
  NOTIFY_NTFY_URL: web,
  NOTIFY_SLACK_URL: web,
  NOTIFY_DISCORD_URL: web,
  NOTIFY_WEBHOOK_URL: web,
  NOTIFY_PING_URL: web,
  NOTIFY_TELEGRAM: [
    (value) => /^\d+:[\w-]+@-?\w+$/.test(value),
    "use the bot's token, @ and the number of the chat",
  ],
};

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
  const profiles = env['COMPOSE_PROFILES'] ?? values['COMPOSE_PROFILES'] ?? '';
  const hasSandbox = profiles.split(',').includes('sandbox');
  return [
    ...misspelt(Object.keys(values), [...settings.keys()]),
    ...[...settings.values()].flatMap((setting) =>
      setting.source === 'environment' && isReadFromFile(setting.name, values)
        ? [`${setting.name} is set in this shell, where no service looks: move it to .env.`]
        : problemsOf(setting, hasSandbox && isStoodInFor(setting, settings)),
    ),
    ...ghostProblems(dir, settings),
    ...problemsTogether(dir, settings),
  ];
}

function misspelt(names: readonly string[], known: readonly string[]): string[] {
  return names
    .filter((name) => !known.includes(name) && !/^(COMPOSE|DOCKER)_/.test(name))
    .map((name) => {
      const meant = nearest(name, known);
      const hint = meant ? `Did you mean ${meant}?` : 'Remove it, or see .env.example for all.';
      return `${name} in .env is no setting of the stack. ${hint}`;
    });
}

/** Whether it is a secret that `setup` reads from `.env`, so that no container's description shows it, and finds none. */
function isReadFromFile(name: string, values: Readonly<Record<string, string>>): boolean {
  return isSecretSetting(name) && !name.startsWith('NOTIFY_') && !values[name];
}

/** The sandbox has stand-ins for what the stack uses where nothing else is chosen. */
function isStoodInFor(
  { onlyWith }: EffectiveSetting,
  settings: ReadonlyMap<string, EffectiveSetting>,
): boolean {
  return onlyWith === undefined || settings.get(onlyWith.name)?.standard === onlyWith.value;
}

function problemsOf(setting: EffectiveSetting, hasStandIn: boolean): string[] {
  const { name, value, source, isRequired, description, onlyWith } = setting;
  if (value === '') {
    const why = onlyWith ? ` and ${onlyWith.name}=${onlyWith.value} needs it` : '';
    return isRequired && !hasStandIn ? [`${name} is not set${why}: ${description}`] : [];
  }
  const rule = RULES[name];
  if (source === 'default' || rule === undefined || rule[0](value)) return [];
  const shown = isSecretSetting(name) ? '' : ` "${value}"`;
  const wanted = typeof rule[1] === 'string' ? rule[1] : rule[1](value);
  return [`${name}${shown} is not what it should be: ${wanted}.`];
}

/** Which options of Ghost's the stack keeps to itself, with what to do in their place; `setup` reads the same file. */
const KEPT_OPTIONS = 'examples/ghost-stack/choices/kept-options.json';

function ghostProblems(dir: string, settings: ReadonlyMap<string, EffectiveSetting>): string[] {
  const names = [...settings.values()].filter(({ name }) => isGhostOption(name));
  if (names.length === 0) return [];
  const kept = Object.entries<string>(JSON.parse(readFileSync(join(dir, KEPT_OPTIONS), 'utf8')));
  return names.flatMap(({ name }) => {
    const remedy = kept.find(([start]) =>
      start.endsWith('__') ? name.startsWith(start) : name.replace(/_FILE$/, '') === start,
    )?.[1];
    return remedy ? [`${name} in .env would break the stack: ${remedy}.`] : [];
  });
}

function problemsTogether(dir: string, settings: ReadonlyMap<string, EffectiveSetting>): string[] {
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
