import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import {
  assertHost,
  assertReachable,
  filesOf,
  headOf,
  runElsewhere,
  wordsOf,
} from '../../src/drill/run-elsewhere.ts';
import { effectiveSettings } from '../../src/settings/effective.ts';
import { startNoDocker } from '../fixtures/docker.ts';
import { placeIn } from '../fixtures/place.ts';
import { stackFolder } from '../fixtures/stack-folder.ts';

const SITE = `DOMAIN=blog.example.com
STRIPE_WEBHOOK_SECRET=whsec_of-stripe
CLOUDINARY_URL=cloudinary://11111:of-the-cloud@ada
DATABASE_URL=mysql://ada:of-the-database@db.example.com/blog
NOTIFY_NTFY_URL=https://:of-ntfy@ntfy.example.com/topic
RESTIC_REST_PASSWORD=of-the-backups
DRILL_ON=ssh://ada@example.com
MYSQL_IMAGE=mysql:8.0
`;
const HOST = 'ssh://ada@example.com:2222';

/** What goes to another machine for a site with secrets. */
function sentFor(env = SITE) {
  const dir = stackFolder(env);
  const url = 'rest:https://backup.example.net/blog/';
  const credentials = { RESTIC_REST_PASSWORD: 'of-the-backups' };
  const place = { ...placeIn(dir), url, credentials };
  mkdirSync(join(dir, '.prosora/care'), { recursive: true });
  writeFileSync(place.passwordFile, 'of-the-repository\n');
  const head = headOf(place, effectiveSettings(dir, {}), undefined);
  return { dir, head, place, words: wordsOf(place, HOST) };
}

/** What a drill there is told to have found, of a machine that answers with some lines, and what Docker was asked. */
function drillThat(printed: string, { hasFiles = true } = {}) {
  const { dir, place, words } = sentFor();
  const end = words.at(-1)?.split('\n').at(-1) ?? '';
  const { asked } = startNoDocker({}, undefined, { [end]: { printed } });
  for (const name of hasFiles ? ['packages', 'examples', 'scripts'] : []) {
    mkdirSync(join(dir, name), { recursive: true });
  }
  const wanted = { run: 'one', wanted: undefined };
  const told = runElsewhere(place, effectiveSettings(dir, {}), HOST, wanted);
  const docker = join(process.env['PATH']?.split(':')[0] ?? '', 'docker');
  return { told, asked, docker };
}

test.each(['ssh://ada@example.com', 'ssh://ada@[::1]:22', 'ssh://a.b-c@203.0.113.9'])(
  '%s is another machine',
  (address) => expect(assertHost(address)).toBeUndefined(),
);

test.each(['example.com', 'ssh://example.com', 'ssh://-oProxyCommand=x@h', 'ssh://a@h;reboot'])(
  '%s is none',
  (address) => expect(() => assertHost(address)).toThrow(/is no machine for a drill/),
);

test('backups in a folder of this machine are refused, with what to do', () => {
  expect(() => assertReachable(placeIn('/srv/blog'))).toThrow(
    expect.objectContaining({ help: expect.stringContaining('BACKUP_REPOSITORY') }),
  );
});

test('no secret is in the words of a command, and none but those of the backups is sent', () => {
  const { head, words } = sentFor();
  expect(words.join(' ')).not.toMatch(/of-\w+|backup\.example/);
  expect([...new Set(head.match(/of-[\w-]+/g))]).toEqual(['of-the-repository', 'of-the-backups']);
});

test('the settings there have what the site is made of, and images of their own', () => {
  const { head } = sentFor();
  expect(head.split('\n').slice(0, 7)).toEqual([
    ...['blog-1', 'drill.localhost/blog-1', 'dev', 'rest:https://backup.example.net/blog/'],
    ...['blog', '', 'of-the-repository'],
  ]);
  const [, env = '', credentials] = head.split('\n\n');
  expect(env.split('\n')).toEqual(
    expect.arrayContaining([
      ...['MYSQL_IMAGE=mysql:8.0', 'COMPOSE_PROJECT_NAME=blog-1', 'DOMAIN=drill.invalid'],
      'PROSORA_REGISTRY=drill.localhost/blog-1',
    ]),
  );
  expect(env).not.toMatch(/^(DRILL_ON|DATABASE_URL|NOTIFY_)/m);
  expect(credentials).toBe('RESTIC_REST_PASSWORD=of-the-backups');
  const released = sentFor(`${SITE}PROSORA_VERSION=0.1.0\n`).head.split('\n');
  expect(released.slice(1, 3)).toEqual(['ghcr.io/prosora', '0.1.0']);
});

test('neither a setting, a note nor what else lies in the folder is among the files', () => {
  const { dir } = sentFor();
  for (const name of ['packages/a/src/b.ts', 'packages/a/test/c.ts', 'scripts/.env', 'look/d']) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), '');
  }
  const files = filesOf(dir);
  expect(files).toContain('packages/a/src/b.ts');
  expect(files.filter((name) => /^\.env$|\/\.env$|^look|\/test\/|^\.prosora/.test(name))).toEqual(
    [],
  );
});

test('a line that says nothing of a drill is passed over, however it looks', async () => {
  const finding = { name: 'database', status: 'ok', sentence: 'So it is.' };
  const drilled = { run: 'one', isProven: true };
  const lines = [
    'Welcome!',
    '{ load: 1 }',
    '{"load":1}',
    ...[finding, drilled].map((one) => JSON.stringify(one)),
  ];
  const { told } = drillThat(lines.join('\n'));
  const found = [];
  for await (const each of told) found.push(each);
  expect(found).toEqual([finding]);
});

test.each([
  ['before it said anything', '', /host key/],
  [
    'once it had begun to tell',
    '{"name":"database","status":"ok","sentence":"So."}',
    /nobody knows/,
  ],
])('a connection that ends %s is named as such', async (_when, said, help) => {
  const { told, docker } = drillThat('');
  writeFileSync(docker, `#!/bin/sh\necho '${said}'\nexit 255\n`);
  const all = async () => {
    for await (const _finding of told);
  };
  await expect(all()).rejects.toMatchObject({
    code: 'DRILL_ELSEWHERE',
    help: expect.stringMatching(help),
  });
});

test('nothing is sent where the files cannot be read, and nobody waits for an answer', async () => {
  const { told, asked } = drillThat('', { hasFiles: false });
  await expect(told.next()).rejects.toMatchObject({ code: 'ENOENT' });
  // As long as a program takes to begin.
  await wait(500);
  expect(asked()).toEqual(['']);
});

test('the connection ends with whoever reads what comes of it', async () => {
  const { told, docker } = drillThat('');
  const finding = { name: 'database', status: 'ok', sentence: 'So it is.' };
  const lasting = `#!/bin/sh\necho $$ >"$0.pid"\necho '${JSON.stringify(finding)}'\nexec sleep 60\n`;
  writeFileSync(docker, lasting);
  expect((await told.next()).value).toEqual(finding);
  const pid = Number(readFileSync(`${docker}.pid`, 'utf8'));
  await told.return(undefined);
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
});
