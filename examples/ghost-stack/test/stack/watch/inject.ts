import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inject, vi } from 'vitest';
import { askEdge, fetchThroughEdge } from '../edge.ts';
import {
  allHealthy,
  compose,
  containerOf,
  DOMAIN,
  docker,
  exec,
  inspect,
  type Service,
  sql,
} from '../stack.ts';

/** What takes a fault away again. */
export type Undo = () => Promise<unknown>;

/** Hangs as a whole: it answers nothing and does not end. */
export async function hang(service: Service): Promise<Undo> {
  await docker(['pause', containerOf(service)]);
  return () => docker(['unpause', containerOf(service)]);
}

/** Ends, and is not started again. */
export async function stop(service: Service): Promise<Undo> {
  await docker(['stop', containerOf(service)]);
  return () => docker(['start', containerOf(service)]);
}

/** Its process is killed from outside, so Docker starts another. */
export async function end(service: Service, times = 1): Promise<Undo> {
  for (let time = 0; time < times; time += 1) {
    const { Pid } = (await inspect(containerOf(service))).State;
    process.kill(Pid, 'SIGKILL');
    await vi.waitUntil(
      async () => {
        const now = (await inspect(containerOf(service))).State.Pid;
        return now !== 0 && now !== Pid;
      },
      { interval: 100 },
    );
  }
  return async () => {};
}

/** Something in a container takes more and more memory, until the kernel ends it. */
export async function leak(service: Service): Promise<Undo> {
  const script = 'const all = []; setInterval(() => all.push(Buffer.alloc(2 ** 24, 1)), 20)';
  await exec(service, 'node', '--eval', script).catch(() => {});
  return async () => {};
}

/** The cache is given more than it may keep. */
export async function fillRedis(): Promise<Undo> {
  const script = "for i = 1, 1000 do redis.call('set', KEYS[1] .. i, string.rep('x', 1000)) end";
  const run = (command: string) =>
    exec(
      'redis',
      'sh',
      '-c',
      `export REDISCLI_AUTH="$(cut -d" " -f2 /run/secrets/redis.conf)"; ${command}`,
      'sh',
      script,
    );
  // Within a script it drops nothing.
  await run('for part in $(seq 80); do redis-cli eval "$1" 1 "full-$part-"; done');
  return () => run('redis-cli flushall');
}

/** What `prosora` has noted of its care is another while this lasts: nobody waits three days. */
export async function changeNotes(name: string, notes: object): Promise<Undo> {
  const folder = path.join(inject('stack').dir, '.prosora/care');
  const file = path.join(folder, name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const own = await readFile(file, 'utf8').catch(() => undefined);
  await writeFile(file, JSON.stringify(notes));
  return () => (own === undefined ? rm(file) : writeFile(file, own));
}

/** Another value of one of the waits, and the rules go by it. */
export async function changeWait(name: string, value: string): Promise<Undo> {
  const file = path.join(inject('stack').dir, '.env');
  const own = await readFile(file, 'utf8');
  const write = async (text: string) => {
    await writeFile(file, text);
    await compose(['--profile', 'watch', 'up', '--detach', '--wait', '--no-build', 'rules']);
  };
  await write(`${own}${name}=${value}\n`);
  return () => write(own);
}

/** Stripe sends an event in a version of its API that Ghost does not read, so it is kept for a person. */
export async function sendUnreadableEvent(): Promise<Undo> {
  const id = `evt_${Date.now()}`;
  const created = Math.floor(Date.now() / 1_000);
  const body = JSON.stringify({
    ...{ id, object: 'event', type: 'customer.subscription.updated', livemode: false, created },
    api_version: '2015-10-16',
    data: { object: { id: 'sub_unreadable', object: 'subscription', customer: 'cus_nobody' } },
  });
  const secret = await exec('webhooks', 'cat', '/run/secrets/stripe_webhook_secret');
  const signature = createHmac('sha256', secret).update(`${created}.${body}`).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'stripe-signature': `t=${created},v1=${signature}`,
  };
  await askEdge('/members/webhooks/stripe/', { method: 'POST', headers, body });
  return () => exec('webhooks', 'prosora-stripe', 'skip', id);
}

/** Somebody tries passwords. */
export async function floodSignIn(): Promise<Undo> {
  const body = JSON.stringify({ username: 'nobody@example.org', password: 'not the one' });
  const headers = { 'content-type': 'application/json', origin: `https://${DOMAIN}` };
  for (let tries = 0; tries < 40; tries += 1) {
    await askEdge('/ghost/api/admin/session/', { method: 'POST', headers, body });
  }
  return () => sql('DELETE FROM brute');
}

/** Another text in a file of a service's secrets, until it is put back. */
export async function changeSecret(service: Service, name: string, text: string): Promise<Undo> {
  const secret = await exec(service, 'cat', `/run/secrets/${name}`);
  const volume = `${inject('stack').project}_${service}_secrets:/secrets`;
  const write = (value: string) =>
    docker([
      ...['run', '--rm', '--network', 'none', '--volume', volume, 'redis:7-alpine'],
      ...['sh', '-c', `printf %s "$1" > /secrets/${name}`, 'sh', value],
    ]);
  await write(text);
  return () => write(secret);
}

/** The same, and the service hears of it: by a signal, where it reads its files again, else as it starts anew. */
export async function changeSecretOf(
  service: Service,
  name: string,
  text: string,
  { isReread }: { isReread: boolean },
): Promise<Undo> {
  const words = isReread ? ['kill', '--signal', 'HUP'] : ['restart'];
  const tell = () => docker([...words, containerOf(service)]);
  const undo = await changeSecret(service, name, text);
  await tell();
  return async () => {
    await undo();
    await tell();
  };
}

/** Ghost fails at each page that shows posts; `readers` ask for some. */
export async function breakPages(readers: number): Promise<Undo> {
  await sql('RENAME TABLE posts TO posts_away');
  await firstOfItsKind();
  await Promise.all(askForNews(readers));
  return () => sql('RENAME TABLE posts_away TO posts');
}

/** The scraper asks the engine where nobody answers. */
export async function hideNumbers(): Promise<Undo> {
  const { dir, project } = inject('stack');
  const file = path.join(dir, 'examples/ghost-stack/watch/scrape.yml');
  const own = await readFile(file, 'utf8');
  const write = async (text: string) => {
    await writeFile(file, text);
    await docker(['kill', '--signal', 'HUP', `${project}-metrics-1`]);
  };
  await write(own.replace('engine.watch:7182', 'engine.watch:7189'));
  return () => write(own);
}

/** What Resend's stand-in answers to whoever sends. */
export async function answerMails(fault: object): Promise<Undo> {
  const url = `https://sandbox.${DOMAIN}/resend/faults`;
  const rules = [{ match: { method: 'POST', path: '^/emails' }, fault }];
  const headers = { 'content-type': 'application/json' };
  await fetchThroughEdge(url, { method: 'PUT', headers, body: JSON.stringify(rules) });
  return () => fetchThroughEdge(url, { method: 'DELETE' });
}

/** The engine finds the clock an hour ahead of where it left it. */
export async function moveClock(): Promise<Undo> {
  const volume = `${inject('stack').project}_engine_data:/data`;
  const change = async (hours: number) => {
    await docker(['stop', containerOf('engine')]);
    const script = `const fs = require('fs'), file = '/data/clock.json', ms = ${hours} * 3600e3;
      const clock = JSON.parse(fs.readFileSync(file));
      clock.steadyMs -= ms; clock.anchorMs -= ms; delete clock.doubt;
      fs.writeFileSync(file, JSON.stringify(clock));`;
    await docker(['run', '--rm', '--volume', volume, 'node:24-alpine', 'node', '--eval', script]);
    await docker(['start', containerOf('engine')]);
  };
  await change(1);
  return () => change(-1);
}

/** Addresses that nobody has asked for before, so that Ghost itself has to answer. */
const askForNews = (readers: number) =>
  Array.from({ length: readers }, (_, at) => askEdge(`/never-${Date.now()}-${at}/`));

/** A number grows from where it was seen first, and is seen each second. */
async function firstOfItsKind(): Promise<void> {
  await Promise.all(askForNews(1));
  await delay(3_000);
}

/** For so many seconds nothing that needs a post is answered; `readers` ask for such pages meanwhile. */
export async function lockPosts(seconds: number, readers: number): Promise<Undo> {
  await firstOfItsKind();
  const locking = sql(`LOCK TABLES posts WRITE; SELECT SLEEP(${seconds}); UNLOCK TABLES`);
  const sleeping =
    "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'";
  await vi.waitUntil(async () => (await sql(sleeping)) !== '0');
  await Promise.all([locking, ...askForNews(readers)]);
  return async () => {};
}

/** The edge shows a certificate that has lived for 81 of its 90 days and that nobody renews. */
export async function showOldCertificate(): Promise<Undo> {
  const folder = path.join(inject('stack').dir, 'examples/ghost-stack/caddy');
  const at = (name: string) => path.join(folder, name);
  const authority = '/data/caddy/pki/authorities/local/root';
  for (const kind of ['crt', 'key']) {
    await writeFile(at(`ca.${kind}`), await exec('caddy', 'cat', `${authority}.${kind}`));
  }
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder });
  const day = (days: number) => {
    const time = new Date(Date.now() + days * 86_400_000).toISOString();
    return `${time.replace(/[-:T]|\..*/g, '')}Z`;
  };
  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'],
    ...['-keyout', 'old.key', '-out', 'old.crt', '-subj', `/CN=${DOMAIN}`],
    ...['-CA', 'ca.crt', '-CAkey', 'ca.key', '-not_before', day(-81), '-not_after', day(9)],
    ...['-addext', `subjectAltName=DNS:${DOMAIN}`, '-addext', 'basicConstraints=CA:FALSE'],
  );
  execFileSync('chown', ['1000:1000', 'old.key'], { cwd: folder });
  const own = await readFile(at('Caddyfile'), 'utf8');
  const site = '{$DOMAIN} {$ADMIN_DOMAIN} {\n';
  await writeFile(
    at('Caddyfile'),
    own.replace(site, `${site}\ttls /etc/caddy/old.crt /etc/caddy/old.key\n`),
  );
  // `ops` looks at it each 240 scrapes, and when it starts.
  const reload = async () => {
    await exec('caddy', 'caddy', 'reload', '--config', '/etc/caddy/Caddyfile');
    await compose(['restart', 'ops']);
    // What hung is still called ill until it is asked the next time.
    await vi.waitFor(allHealthy, { timeout: 60_000, interval: 1_000 });
  };
  await reload();
  return async () => {
    await writeFile(at('Caddyfile'), own);
    await reload();
    for (const name of ['ca.crt', 'ca.key', 'old.crt', 'old.key']) await rm(at(name));
  };
}
