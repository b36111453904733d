// Makes the site's owner from inside, since the edge lets nobody do it over the web:
//   docker compose exec ghost node /opt/prosora/create-owner.mjs
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

const GHOST = 'http://127.0.0.1:2368/ghost/api/admin/authentication/setup/';
const site = new URL(process.env['admin__url'] || process.env['url']);

/** Shows what is typed until it is told not to. */
const shown = new Writable({
  write(chunk, _encoding, done) {
    if (!shown.isSecret) process.stdout.write(chunk);
    done();
  },
});
const terminal = createInterface({
  input: process.stdin,
  output: shown,
  terminal: process.stdin.isTTY === true,
});

/** Piped answers come faster than questions, so lines are taken one by one. */
const lines = terminal[Symbol.asyncIterator]();
async function ask(question, { isSecret = false } = {}) {
  process.stdout.write(question);
  shown.isSecret = isSecret;
  const { value = '' } = await lines.next();
  shown.isSecret = false;
  if (isSecret) process.stdout.write('\n');
  return value.trim();
}

const blogTitle = await ask('Title of the site: ');
const name = await ask('Your name: ');
const email = await ask('Your e-mail address: ');
const password = await ask('A password of 10 characters or more: ', { isSecret: true });
terminal.close();

const response = await fetch(GHOST, {
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    'x-forwarded-proto': 'https',
    host: site.host,
    origin: site.origin,
  },
  body: JSON.stringify({ setup: [{ name, email, password, blogTitle }] }),
});
const answer = await response.json();
if (response.ok) {
  console.log(`${email} owns the site. Sign in at ${site.origin}/ghost/`);
} else {
  const { message, context } = answer.errors?.[0] ?? {};
  console.error(`Ghost refused: ${[message, context].filter(Boolean).join(' ')}`);
  process.exitCode = 1;
}
