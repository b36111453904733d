import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { askEdge } from './edge.ts';
import { prosora } from './prosora.ts';
import { exec, sql } from './stack.ts';

/** Every secret that Ghost shows to another service is read at the question, so that it is the one of then. */
const QUESTIONS = [
  `ask('http://mail:4200/v3/ghost.localhost/events?event=failed', 'Basic ' + btoa('api:' + key('mail_api_key')))`,
  `ask('http://engine:7181/v0/pipes/api_active_visitors.json?site_uuid=a', 'Bearer ' + key('analytics_admin_token'))`,
];

/** In the container of Ghost, one that goes on while Ghost restarts would be another: each is a run of its own. */
const PROGRAM = `
const { readFileSync } = require('node:fs');
const key = (name) => readFileSync('/run/secrets/' + name, 'utf8');
const ask = (url, authorization) => fetch(url, { headers: { authorization } })
  .then(({ status }) => status, ({ cause }) => String(cause));
Promise.all([${QUESTIONS}]).then((answers) => console.log(JSON.stringify(answers)));`;

/** What is not 200 of one question a second, to the site past its caches and to each service as Ghost asks it. */
async function failuresDuring(
  work: () => Promise<unknown>,
): Promise<{ asked: number; failed: unknown[] }> {
  let done = false;
  const working = work().finally(() => {
    done = true;
  });
  const answers: Promise<unknown[]>[] = [];
  while (!done) {
    answers.push(
      askEdge(`/?nothing=${Date.now()}`).then(
        ({ status }) => [status],
        (error: Error) => [error.message],
      ),
      // While Ghost itself is away nobody asks in its name.
      exec('ghost', 'node', '-e', PROGRAM).then(
        (printed) => JSON.parse(printed) as unknown[],
        () => [],
      ),
    );
    await delay(1_000);
  }
  await working;
  const all = (await Promise.all(answers)).flat();
  return { asked: all.length, failed: all.filter((status) => status !== 200) };
}

const NAMES = ['mail_api_key', 'analytics_admin_token', 'db_password', 'redis_password'];

/** What Ghost is not shown, or not as a file. */
const TO_OTHERS = ['ghost_webhook_secret', 'mail_operator_token', 'engine_operator_token'];

test('secrets are changed while the site and each service answer every question', async () => {
  const all = () =>
    exec('ghost', 'sh', '-c', `cd /run/secrets; sha256sum ghost.env ${NAMES.join(' ')}`);
  const former = (await all()).split('\n');
  let run = { code: 1, output: '' };
  const { asked, failed } = await failuresDuring(async () => {
    run = await prosora(['secrets', 'rotate', ...NAMES, ...TO_OTHERS]);
  });
  console.log(`${failed.length} of ${asked} questions failed`, failed);
  expect(run).toMatchObject({ code: 0 });
  expect(failed).toEqual([]);
  expect((await all()).split('\n').filter((line) => former.includes(line))).toEqual([]);
});

test('a former password of the database opens nothing', async () => {
  const former = await exec('db', 'cat', '/run/secrets/db_backup_password');
  expect(
    (await prosora(['secrets', 'rotate', 'db_backup_password', 'db_root_password'])).code,
  ).toBe(0);
  const login = `MYSQL_PWD=$(cat) mysql -u backup -e 'SELECT 1'`;
  const withFormer = exec('db', 'sh', '-c', `printf %s ${former} | (${login})`);
  await expect(withFormer).rejects.toThrow('ERROR 1045');
  expect(await sql('SELECT 1')).toBe('1');
});

test('a name that is none is refused with what was meant', async () => {
  expect(await prosora(['secrets', 'rotate', 'mail_api_kee'])).toMatchObject({
    code: 2,
    output: expect.stringContaining('Did you mean mail_api_key?'),
  });
});
