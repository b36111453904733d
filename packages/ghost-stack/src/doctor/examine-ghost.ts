import { type Finding, findingSchema, judge, ok } from '@prosora/service';
import * as z from 'zod';
import { askAdapter, inGhost } from '../services/in-ghost.ts';
import { rowsOf } from './rows.ts';

/** Runs in Ghost's container with what Ghost has, so that no key of its leaves it. */
const PROGRAM = `
import { readFileSync } from 'node:fs';
const { env } = process;
const key = readFileSync(env.bulkEmail__mailgun__apiKey_FILE ?? '/dev/null', 'utf8').trim();
const ask = (url, headers) => fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(10000) })
  .then(({ status }) => status, ({ cause, name }) => cause?.code ?? name);
const base = env.bulkEmail__mailgun__baseUrl;
const authorization = 'Basic ' + Buffer.from('api:' + key).toString('base64');
console.log(JSON.stringify({
  version: JSON.parse(readFileSync('/var/lib/ghost/current/package.json', 'utf8')).version,
  url: env.url,
  admin: await ask('http://127.0.0.1:2368/ghost/api/admin/site/', {
    'x-forwarded-proto': 'https', host: new URL(env.admin__url || env.url).host }),
  mail: base && await ask(base + '/' + env.bulkEmail__mailgun__domain + '/events?event=failed', { authorization }),
  verifiesDevices: env.security__staffDeviceVerification !== 'false',
  adapters: ['storage__active', 'adapters__jobs__active', 'adapters__scheduling__active'].map((name) => env[name]),
}));
`;

const seen = z.object({
  version: z.string(),
  url: z.string(),
  admin: z.union([z.number(), z.string()]),
  mail: z.union([z.number(), z.string()]).optional(),
  verifiesDevices: z.boolean(),
  adapters: z.array(z.string().nullable()),
});

/** What has a doctor of its own in Ghost's image. */
const DOCTORS = { storage: 'ghost-cloudinary', jobs: 'prosora-jobs' } as const;
const OLD_DAYS = 180;

/**
 * Ghost itself: its address, its mail, its adapters, and who and what may sign in.
 *
 * @param hasDatabase whether the stack has the database, which knows when they did last
 */
export async function* examineGhost(
  dir: string,
  domain: string,
  hasDatabase: boolean,
): AsyncGenerator<Finding> {
  const printed = await inGhost(dir, ['node', '--input-type=module'], PROGRAM);
  const ghost = seen.parse(JSON.parse(printed));
  const { url, adapters, mail } = ghost;
  yield judge('ghost', ghost.admin === 200, {
    ok: `Ghost ${ghost.version} answers.`,
    fail: `It answers its own Admin API with ${ghost.admin}.`,
    remedy: '`prosora logs ghost` says why.',
  });
  yield judge('ghost: url', new URL(url).hostname === domain, {
    ok: `It is ${url}.`,
    fail: `It is ${url} while DOMAIN is ${domain}.`,
    remedy: '`prosora up` hands it the new one.',
  });
  if (mail !== undefined) {
    yield judge('ghost: mail', mail === 200, {
      ok: 'The bridge knows its key and its domain.',
      fail: `The bridge answers it with ${mail}.`,
      remedy: '`prosora up` hands both the same key; MAIL_DOMAIN has to be the bridge’s.',
    });
  }
  yield judge('ghost: sign-in', ghost.verifiesDevices, {
    ok: 'A new device needs a code that comes by mail.',
    warn: 'A password alone lets staff in.',
    remedy: 'Once mail works, `prosora init` takes it back: STAFF_DEVICE_VERIFICATION=true.',
  });
  yield ok('ghost: adapters', `It uses ${adapters.filter(Boolean).join(', ')}.`);
  for (const [name, command] of Object.entries(DOCTORS)) {
    if (name === 'storage' && !adapters[0]?.includes('cloudinary')) continue;
    yield* await doctorIn(dir, name, command);
  }
  if (hasDatabase) yield* examinePeople(dir);
}

/** By the command's own doctor. */
async function doctorIn(dir: string, name: string, command: string): Promise<Finding[]> {
  const findings = z.array(findingSchema).parse(await askAdapter(dir, [command, 'doctor']));
  return findings.map((finding) => ({ ...finding, name: `${name}: ${finding.name}` }));
}

/** Those that nobody has used for long are doors that nobody watches. */
async function* examinePeople(dir: string): AsyncGenerator<Finding> {
  const since = `NOW() - INTERVAL ${OLD_DAYS} DAY`;
  const people = await rowsOf(
    dir,
    `SELECT name FROM ghost.users WHERE status = 'active' AND COALESCE(last_seen, created_at) < ${since}`,
  );
  yield judge('ghost: staff', people.length === 0, {
    ok: `Everyone has signed in within ${OLD_DAYS} days.`,
    warn: `${people.length} of the staff ${people.length === 1 ? 'was' : 'were'} not seen for ${OLD_DAYS} days.`,
    remedy: 'Suspend in Ghost Admin those that need no access.',
  });
  const keys = await rowsOf(
    dir,
    `SELECT i.name FROM ghost.api_keys k JOIN ghost.integrations i ON i.id = k.integration_id WHERE k.type = 'admin' AND i.type = 'custom' AND COALESCE(k.last_seen_at, k.created_at) < ${since}`,
  );
  yield judge('ghost: keys', keys.length === 0, {
    ok: 'Every key of an integration is in use.',
    warn: `Nobody has used the keys of ${keys.join(', ')} for ${OLD_DAYS} days.`,
    remedy: 'Remove in Ghost Admin the integrations that nobody needs.',
  });
}
