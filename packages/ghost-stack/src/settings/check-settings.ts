import { nearest } from '@prosora/service';
import { type EffectiveSetting, effectiveSettings, isSecretSetting } from './effective.ts';
import { readEnvFile } from './env-file.ts';

/** A host name, without a scheme: https://datatracker.ietf.org/doc/html/rfc1123#section-2.1 */
const HOST_NAME = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const SIZE = /^\d+[kmg]b?$/i;

/** What a value has to be, and how a person who typed another is told so. */
type Rule = readonly [isRight: (value: string) => boolean, wanted: string];

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
  `use ${values.join(', ')}`,
];
const startsWith = (...beginnings: string[]): Rule => [
  (value) => beginnings.some((beginning) => value.startsWith(beginning)),
  `it begins with ${beginnings.join(' or ')}`,
];

/** https://github.com/cloudinary/cloudinary_npm, which reads this form and fails late on any other. */
const CLOUDINARY_URL = /^cloudinary:\/\/[^:/@\s]+:[^@\s]+@[\w-]+(\?.*)?$/;

const RULES: Readonly<Record<string, Rule>> = {
  DOMAIN: hostName,
  ADMIN_DOMAIN: hostName,
  MAIL_DOMAIN: hostName,
  TIMEZONE: [isTimezone, 'use a name such as Europe/Berlin'],
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

function isTimezone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }) !== undefined;
  } catch {
    return false;
  }
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
  const profiles = env['COMPOSE_PROFILES'] ?? values['COMPOSE_PROFILES'] ?? '';
  const hasSandbox = profiles.split(',').includes('sandbox');
  return [
    ...misspelt(Object.keys(values), [...settings.keys()]),
    ...[...settings.values()].flatMap((setting) => problemsOf(setting, hasSandbox)),
    ...problemsTogether(settings),
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

function problemsOf(setting: EffectiveSetting, hasSandbox: boolean): string[] {
  const { name, value, source, isRequired, description } = setting;
  if (value === '') {
    return isRequired && !hasSandbox ? [`${name} is not set: ${description}`] : [];
  }
  const rule = RULES[name];
  if (source === 'default' || rule === undefined || rule[0](value)) return [];
  const shown = isSecretSetting(name) ? '' : ` "${value}"`;
  return [`${name}${shown} is not what it should be: ${rule[1]}.`];
}

function problemsTogether(settings: ReadonlyMap<string, EffectiveSetting>): string[] {
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
  if (of('NOTIFY_EMAIL') !== '' && of('NOTIFY_SMTP_URL') === '') {
    problems.push(
      'NOTIFY_EMAIL is set without NOTIFY_SMTP_URL: name the account that sends it, one that is not the site’s own.',
    );
  }
  return problems;
}
