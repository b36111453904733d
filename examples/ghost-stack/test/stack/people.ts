import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AdminApiError,
  type AdminClient,
  createAdminClient,
  DEFAULT_OWNER,
} from '@prosora/ghost-local';
import { inject } from 'vitest';
import { fetchThroughEdge } from './edge.ts';
import { DOMAIN, type StackUnderTest, sql } from './stack.ts';

type Site = Pick<StackUnderTest, 'dir' | 'project'>;

/** Who owns the site under test. */
export const OWNER = DEFAULT_OWNER;

/** A mail that the stand-in delivered. */
export interface Mail {
  subject: string;
  html: string;
  text: string;
}

const INBOX = `https://resend.sandbox.${DOMAIN}/inbox`;

/** The mail to an address after its first `count`, waiting for it. */
export async function mailTo(address: string, count: number): Promise<Mail> {
  for (let tries = 0; tries < 100; tries++) {
    const id = (await mailIds(address))[count];
    if (id) return (await (await fetchThroughEdge(`${INBOX}/${id}.json`)).json()) as Mail;
    await delay(200);
  }
  throw new Error(`No mail came to ${address} in 20 s.`);
}

/** The ids of all mails to an address, oldest first. */
export async function mailIds(address: string): Promise<string[]> {
  const answer = await fetchThroughEdge(`${INBOX}.json?to=${encodeURIComponent(address)}`);
  return ((await answer.json()) as { id: string }[]).map(({ id }) => id);
}

/** Makes the owner the way the README says, unless the site has one. */
export async function ensureOwner({ dir, project }: Site = inject('stack')): Promise<void> {
  const child = spawn(
    'docker',
    ['compose', '-p', project, 'exec', '-T', 'ghost', 'node', '/opt/prosora/create-owner.mjs'],
    { cwd: dir, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  child.stdin.end(['Harbour Notes', OWNER.name, OWNER.email, OWNER.password, ''].join('\n'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0 && !output.includes('Setup has already been completed')) throw new Error(output);
}

/** The owner, signed in through the edge with the code that Ghost mails on every sign-in from a new device. */
export async function signIn(
  origin = `https://${DOMAIN}`,
  fetch = fetchThroughEdge,
): Promise<AdminClient> {
  await ensureOwner();
  // To Ghost all tests are one person, who signs in too often.
  await sql('DELETE FROM brute');
  const admin = createAdminClient({ url: origin }, { fetch });
  const before = (await mailIds(OWNER.email)).length;
  const json = { username: OWNER.email, password: OWNER.password };
  try {
    await admin.request('POST', 'session', { json });
  } catch (error) {
    if (!(error instanceof AdminApiError) || error.status !== 403) throw error;
    await admin.request('PUT', 'session/verify', { json: { token: await codeAfter(before) } });
  }
  return admin;
}

/** The code for a sign-in, in the mail after the first `count` to the owner. */
export async function codeAfter(count: number): Promise<string> {
  const { subject, text } = await mailTo(OWNER.email, count);
  const code = /\b(\d{6})\b/.exec(subject + text)?.[1];
  if (!code) throw new Error(`There is no code in "${subject}".`);
  return code;
}
