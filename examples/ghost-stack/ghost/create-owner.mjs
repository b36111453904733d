// Makes the site's owner from inside, since the edge lets nobody do it over the web:
//   docker compose exec ghost node /opt/prosora/create-owner.mjs
import { request } from 'node:http';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

const SETUP = { host: '127.0.0.1', port: 2368, path: '/ghost/api/admin/authentication/setup/' };
const site = new URL(process.env['admin__url'] || process.env['url']);

/** Unlike fetch, this can name the site's own host, without which Ghost answers for another. */
function post(body) {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'x-forwarded-proto': 'https',
      host: site.host,
      origin: site.origin,
    };
    request({ ...SETUP, method: 'POST', headers }, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode, answer }), reject);
    })
      .on('error', reject)
      .end(JSON.stringify(body));
  });
}

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

const { status, answer } = await post({ setup: [{ name, email, password, blogTitle }] });
if (status === 201) {
  console.log(`${email} owns the site. Sign in at ${site.origin}/ghost/`);
} else {
  console.error(`Ghost refused (${status}): ${reasonIn(answer)}`);
  process.exitCode = 1;
}

function reasonIn(answer) {
  try {
    const { message, context } = JSON.parse(answer).errors[0];
    return [message, context].filter(Boolean).join(' ');
  } catch {
    return 'it may still be starting.';
  }
}
