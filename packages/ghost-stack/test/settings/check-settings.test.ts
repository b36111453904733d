import { expect, test } from 'vitest';
import { settingProblems } from '../../src/settings/check-settings.ts';
import { stackFolder } from '../fixtures/stack-folder.ts';

const RIGHT = `DOMAIN=blog.example.com
CLOUDINARY_URL=cloudinary://123:secret-of-mine@demo
RESEND_API_KEY=re_123
RESEND_WEBHOOK_SECRET=whsec_abc
`;

const problemsOf = (env: string) => settingProblems(stackFolder(env), {});

test('settings that are right have no problem', () => {
  expect(problemsOf(RIGHT)).toEqual([]);
});

test('an empty file names each setting that is required, with where it is had', () => {
  const problems = problemsOf('');
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'DOMAIN',
    'CLOUDINARY_URL',
    'RESEND_API_KEY',
    'RESEND_WEBHOOK_SECRET',
  ]);
  expect(problems[2]).toContain('https://resend.com/api-keys');
});

test('with the sandbox nothing is required of what it has a stand-in for', () => {
  expect(problemsOf('COMPOSE_PROFILES=sandbox\n')).toEqual([]);
  expect(problemsOf('COMPOSE_PROFILES=sandbox\nCDN=cloudflare\n')).toEqual([]);
  expect(problemsOf('COMPOSE_PROFILES=sandbox\nMAILER=mailgun\n')).toHaveLength(1);
});

test('a misspelt setting is named with the one that was probably meant', () => {
  expect(problemsOf(`${RIGHT}TIMEZOEN=UTC\nWHATEVER_IT_IS_CALLED=1\n`)).toEqual([
    'TIMEZOEN in .env is no setting of the stack. Did you mean TIMEZONE?',
    'WHATEVER_IT_IS_CALLED in .env is no setting of the stack. Remove it, or see .env.example for all.',
  ]);
});

test('settings of Compose are not judged', () => {
  expect(problemsOf(`${RIGHT}COMPOSE_PARALLEL_LIMIT=2\n`)).toEqual([]);
});

test.each([
  ['DOMAIN=https://blog.example.com', 'DOMAIN "https://blog.example.com" is not what it should be'],
  ['TIMEZONE=Berlin', 'use a name such as Europe/Berlin'],
  ['CDN=fastly', 'use none, cloudflare, proxy'],
  ['CDN=cloudflare', 'CLOUDFLARE_API_TOKEN is not set and CDN=cloudflare needs it'],
  ['CLOUDFLARE_API_TOKEN=0123456789abcdef0123456789abcdef01234', 'not the Global API Key'],
  ['CLOUDFLARE_ZONE_ID=example.com', 'under "Zone ID"'],
  ['CDN=proxy', 'CDN is "proxy" without CDN_ADDRESSES'],
  ['ADMIN_DOMAIN=blog.example.com', 'ADMIN_DOMAIN is the same as DOMAIN'],
  ['MYSQL_MEMORY=lots', 'use a number and k, m or g, such as 512m'],
  ['NOTIFY_EMAIL=me@example.com', 'NOTIFY_EMAIL is set without NOTIFY_SMTP_URL'],
  ['MEDIA=cloudinery', 'did you mean cloudinary? Use cloudinary, s3, local'],
  ['WATCH_RETENTION=long', 'use a number and d, w or y, such as 90d'],
  ['WATCH_EVERY=15', 'use a number of seconds or minutes, such as 15s'],
  ['WATCH_EVERY=9999s', 'use a number of seconds or minutes, such as 15s'],
  ['WATCH_LOG_DAYS=30d', 'use a number of days'],
  ['WATCH_LOG_MB=49', 'use a number of megabytes from 50 on'],
  ['WATCH_DOWN=banana', 'use a number and s, m, h or d, such as 15m'],
  ['WATCH_CALM=1h', 'use a number of seconds or minutes, such as 10m'],
  ['WATCH_DISK_SHARE=10%', 'use a number, such as 0.05, 3000 or 5e9'],
  ['MAILER=sendgrid', 'MAILER "sendgrid" is not what it should be: use resend, mailgun'],
  ['ANALYTICS=on', 'use engine, tinybird, off'],
  ['PAYMENTS=of', 'PAYMENTS "of" is not what it should be: use on, off.'],
  ['SOCIAL=mastodon', 'use ghost.org, off, or the address of a server of your own'],
  ['DATABASE_URL=postgres://me:mine@db/blog', 'use mysql://USER:PASSWORD@HOST:3306/DATABASE'],
  ['DATABASE_URL=mysql://me:mine@db:99999/blog', 'use mysql://USER:PASSWORD@HOST:3306/DATABASE'],
  ['NOTIFY_WEBHOOK_URL=https://[::1/hook', 'use an address that begins with https://'],
  ['NOTIFY_WEBHOOK_URL=https:hook.example.com', 'use an address that begins with https://'],
  ['REDIS_URL=redis://cache:6379', 'use rediss://USER:PASSWORD@HOST:6379/0'],
  ['DATABASE_CA=ca.pem', 'DATABASE_CA "ca.pem" is no file in the stack’s folder'],
  ['storage__active=S3Storage', 'storage__active in .env would break the stack: set MEDIA'],
  ['database__connection__host=db', 'would break the stack: set DATABASE_URL'],
])('%s is refused with its remedy', (line, problem) => {
  expect(problemsOf(`${RIGHT}${line}\n`)).toEqual([expect.stringContaining(problem)]);
});

test.each(['watch', 'sandbox,watch'])(
  'OPS=off with COMPOSE_PROFILES=%s is refused, since nobody would hear of an alert',
  (profiles) => {
    const problem = expect.stringMatching(
      /^OPS is "off" with COMPOSE_PROFILES=watch.*: set it to on/,
    );
    expect(problemsOf(`${RIGHT}OPS=off\nCOMPOSE_PROFILES=${profiles}\n`)).toEqual([problem]);
    const env = { COMPOSE_PROFILES: profiles };
    expect(settingProblems(stackFolder(`${RIGHT}OPS=off\n`), env)).toEqual([problem]);
    expect(problemsOf(`${RIGHT}COMPOSE_PROFILES=${profiles}\n`)).toEqual([]);
  },
);

test('of a secret nothing is shown', () => {
  const problems = problemsOf(
    RIGHT.replace('re_123', 'sk_live_wrong').replace('cloudinary:', 'https:'),
  );
  expect(problems).toHaveLength(2);
  expect(problems.join()).not.toMatch(/sk_live_wrong|secret-of-mine/);
});

test('any other option of Ghost may stand in .env under its own name', () => {
  expect(problemsOf(`${RIGHT}privacy__useUpdateCheck=false\nportal__url=https://x.test\n`)).toEqual(
    [],
  );
});

test.each([
  ['MEDIA=s3', ['S3_BUCKET', 'S3_PUBLIC_URL', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY']],
  ['MAILER=mailgun', ['MAILGUN_API_KEY']],
  [
    'ANALYTICS=tinybird',
    ['TINYBIRD_HOST', 'TINYBIRD_WORKSPACE_ID', 'TINYBIRD_ADMIN_TOKEN', 'TINYBIRD_TRACKER_TOKEN'],
  ],
])('%s names each key that it needs, even beside the sandbox', (line, keys) => {
  for (const others of [RIGHT, 'COMPOSE_PROFILES=sandbox\n']) {
    const problems = problemsOf(`${others}${line}\n`);
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(keys);
    expect(problems[0]).toContain(`is not set and ${line} needs it`);
  }
});

test('what is not chosen needs no key', () => {
  expect(
    problemsOf('DOMAIN=blog.example.com\nMEDIA=local\nMAILER=mailgun\nMAILGUN_API_KEY=k\n'),
  ).toEqual([]);
});

test('a secret of this shell, such as another program’s database, is refused', () => {
  const env = { DATABASE_URL: 'mysql://me:mine@db/other' };
  expect(settingProblems(stackFolder(RIGHT), env)).toEqual([
    'DATABASE_URL is set in this shell, where no service looks: move it to .env.',
  ]);
});
