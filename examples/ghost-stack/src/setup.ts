// Runs in the container `setup` before the others: makes what is secret between the stack's own services, and
// gives each service a folder with the secrets that it needs and no other.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { type Choices, readChoices } from './choices.ts';
import { findElsewhere } from './elsewhere.ts';
import { findGhostOptions } from './ghost-options.ts';
import { readKeptSecret, replaceFile, writeKeptSecret } from './kept-secret.ts';
import { permitStores } from './permit-stores.ts';
import { ruleProblems } from './rules.ts';
import { GENERATED, type Generated, type SecretFolder, secretFolders } from './secrets.ts';
import { readSite } from './site.ts';
import { findVendors, type SandboxAccess, type Vendors } from './vendors.ts';

const VOLUMES = '/volumes';
const STACK = '/stack';
const CHOICES = 'examples/ghost-stack/choices';
const SANDBOX_CONSOLE = 'http://sandbox:4100/vendors';
/** The services' own user. */
const NODE_USER = 1000;

/** The stand-ins' keys; undefined when the sandbox is not part of this start. */
async function askSandbox(): Promise<SandboxAccess | undefined> {
  // Left by `with-sandbox` at each start that has the profile.
  const mark = path.join(VOLUMES, 'generated', 'with-sandbox');
  if (!existsSync(mark)) return undefined;
  rmSync(mark);
  const response = await fetch(SANDBOX_CONSOLE, { signal: AbortSignal.timeout(10_000) });
  return (await response.json()) as SandboxAccess;
}

/** Makes what is not there yet; what is there stays, since the database was made with it. */
function generate(folder: string): Generated {
  const files = GENERATED.map((name) => [name, path.join(folder, name)] as const);
  for (const [, file] of files) {
    if (!existsSync(file)) writeKeptSecret(file, { value: randomBytes(24).toString('base64url') });
  }
  const [certificate, key] = ['db_certificate.pem', 'db_key.pem'].map((name) =>
    readFileSync(path.join(folder, name), 'utf8'),
  );
  const secrets = files.map(([name, file]) => [name, readKeptSecret(file)]);
  return {
    ...(Object.fromEntries(secrets) as Pick<Generated, (typeof GENERATED)[number]>),
    databasePair: { certificate: certificate ?? '', key: key ?? '' },
  };
}

function fill(folder: string, { uid, gid, files }: SecretFolder): void {
  for (const name of readdirSync(folder)) {
    if (!Object.hasOwn(files, name)) rmSync(path.join(folder, name), { recursive: true });
  }
  for (const [name, text] of Object.entries(files)) {
    replaceFile(path.join(folder, name), text, uid, gid);
  }
  giveTo(folder, uid, gid, 0o500);
}

function giveTo(folder: string, uid: number, gid: number, mode: number): void {
  if (statSync(folder).uid !== uid) chownSync(folder, uid, gid);
  chmodSync(folder, mode);
}

const inStack = (name: string): string => readFileSync(path.resolve(STACK, name), 'utf8');

async function main(): Promise<void> {
  const env = existsSync(path.join(STACK, '.env')) ? parseEnv(inStack('.env')) : {};
  const sandbox = await askSandbox();
  const hasSandbox = sandbox !== undefined;
  const { site, problems } = readSite(process.env, { hasSandbox });
  const { domain, cdn, hasOwnAuthority } = site;
  const isPublic = !hasOwnAuthority && !hasSandbox;
  const choices = readChoices(process.env, site, { isPublic });
  const { vendors, problems: missing } = findVendors(env, { domain, sandbox, cdn, choices });
  const isSet = {
    database: process.env['HAS_DATABASE_URL'] === 'yes',
    redis: process.env['HAS_REDIS_URL'] === 'yes',
  };
  const { database, redis } = findElsewhere(env, isSet, { domain, readFile: inStack });
  const ghost = findGhostOptions(env, JSON.parse(inStack(`${CHOICES}/kept-options.json`)));
  const { DATABASE_URL, REDIS_URL } = env;
  const judged = { ...process.env, DOMAIN: domain, DATABASE_URL, REDIS_URL };
  problems.push(...ruleProblems(judged, JSON.parse(inStack(`${CHOICES}/rules.json`))), ...missing);
  problems.push(...database.problems, ...redis.problems, ...ghost.problems);
  if (problems.length > 0) {
    console.error(`The stack cannot start:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    process.exitCode = 1;
    return;
  }
  const folders = secretFolders({
    vendors,
    made: generate(path.join(VOLUMES, 'generated')),
    hasOwnAuthority,
    hasSandbox,
    choices,
    database: database.elsewhere,
    redis: redis.elsewhere,
    ghostOptions: ghost.options,
  });
  for (const [service, folder] of Object.entries(folders)) {
    fill(path.join(VOLUMES, 'secrets', service), folder);
  }
  permitStores({
    generated: path.join(VOLUMES, 'generated'),
    data: path.join(VOLUMES, 'data'),
  });
  // A volume begins as a copy of what its image has at that place, and root's.
  for (const name of readdirSync(path.join(VOLUMES, 'data'))) {
    const folder = path.join(VOLUMES, 'data', name);
    giveTo(folder, NODE_USER, NODE_USER, 0o700);
    for (const child of readdirSync(folder)) {
      chownSync(path.join(folder, child), NODE_USER, NODE_USER);
    }
  }
  tell(env, vendors, choices);
}

/** Which account each vendor is asked with. */
function tell(env: NodeJS.Dict<string>, vendors: Vendors, { media, mailer, analytics }: Choices) {
  const origin = (key: string) => (env[key] ? 'your account' : 'the sandbox');
  console.log(`Media: ${media}${vendors.cloudinaryUrl ? `, ${origin('CLOUDINARY_URL')}` : ''}`);
  console.log(`Mail: ${mailer}${vendors.resend ? `, ${origin('RESEND_API_KEY')}` : ''}`);
  console.log(`Analytics: ${analytics}`);
  if (vendors.cloudflare) console.log(`Cloudflare: ${origin('CLOUDFLARE_API_TOKEN')}`);
  console.log(`Stripe: ${vendors.stripe ? origin('STRIPE_WEBHOOK_SECRET') : 'not connected'}`);
}

await main();
