import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { type PackedPackage, packed } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventLike } from '../fixtures/events.ts';
import { startGhostTarget } from '../fixtures/ghost-target.ts';
import { freePort, runVerb, spawnInbox } from '../fixtures/inbox-process.ts';
import { inboxEnv, jobCounts, STRIPE_SECRET, send } from '../fixtures/running-inbox.ts';
import { startTestAccount } from '../fixtures/stripe-account.ts';

const run = promisify(execFile);
const packageDir = path.join(import.meta.dirname, '../..');
const NAME = '@prosora/ghost-webhooks-stripe';

let installed: PackedPackage;
let cli: string;

beforeAll(async () => {
  installed = await packed(packageDir);
  cli = path.join(installed.home, 'dist/cli.js');
});
afterAll(() => installed[Symbol.asyncDispose]());

test('the tarball alone serves: an event goes from Stripe to Ghost', async () => {
  await using ghost = await startGhostTarget();
  const env = inboxEnv(ghost.url);
  const inbox = await spawnInbox(env, [cli]);
  expect(await send(inbox.url, eventLike(4))).toBe(200);
  await vi.waitFor(async () => expect(await jobCounts(inbox.privateUrl)).toEqual({ done: 1 }));
  expect(ghost.arrivals.map(({ id }) => id)).toEqual([eventLike(4).id]);
  expect((await runVerb(env, ['doctor'], [cli])).code).toBe(0);
  expect(await inbox.end('SIGTERM')).toBe(0);
});

test('the tarball has of the SDK of Stripe what the verbs ask for', async () => {
  await using ghost = await startGhostTarget();
  await using site = await startTestAccount();
  const env = inboxEnv(ghost.url, {
    STRIPE_SECRET_KEY: site.stripe.secretKey,
    PROSORA_STRIPE_API_URL: site.stripe.url,
    PROSORA_STRIPE_PUBLIC_URL: 'http://127.0.0.1:9/members/webhooks/stripe/',
  });
  const said = async (...words: string[]) => {
    const { stdout, stderr } = await runVerb(env, words, [cli]);
    return stdout + stderr;
  };
  await said('init');
  expect(await said('takeover')).toContain('Stripe now sends to');
  expect(await said('reconcile', '--all')).toContain('subscriptions compared');
});

test('installed it is one megabyte at most, and brings nothing else', async () => {
  const modules = path.join(installed.dir, 'node_modules');
  const entries = readdirSync(modules, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
  const bytes = files.map(({ parentPath, name }) => statSync(path.join(parentPath, name)).size);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1_048_576);
  const elsewhere = files.filter(({ parentPath }) => !parentPath.includes(NAME));
  expect(elsewhere.map(({ name }) => name)).toEqual([]);
});

/** The oldest Node that Ghost runs on, from npm as ours is; only this machine's kind is there. */
async function node22(): Promise<string> {
  const folder = path.join(installed.dir, 'node-22');
  await run('npm', [
    ...['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'],
    `node-${process.platform}-${process.arch}@22`,
  ]);
  return path.join(folder, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
}

test('the library loads by import and by require and verifies what it signed, on Node 22 and 24', async () => {
  const use = `
    const body = Buffer.from('{}');
    const secrets = ['whsec_packed_of_the_tests'];
    console.log(verify(body, sign(body, { secrets }), { secrets }).ok, typeof createStripeWebhook, typeof web.createStripeWebhook);`;
  const asImport = `import { sign, verify } from '${NAME}';
    import { createStripeWebhook } from '${NAME}/express';
    import * as web from '${NAME}/web';${use}`;
  const asRequire = `const { sign, verify } = require('${NAME}');
    const { createStripeWebhook } = require('${NAME}/express');
    const web = require('${NAME}/web');${use}`;
  const nodes = [process.execPath, ...(process.platform === 'linux' ? [await node22()] : [])];
  for (const node of nodes) {
    for (const args of [
      ['--input-type=module', '-e', asImport],
      ['-e', asRequire],
    ]) {
      expect((await run(node, args, { cwd: installed.dir })).stdout).toBe(
        'true function function\n',
      );
    }
  }
});

test('the example of the README runs', async () => {
  const readme = readFileSync(path.join(packageDir, 'README.md'), 'utf8');
  const port = await freePort();
  const example = /```js\n(.*?)```/s.exec(readme)?.[1]?.replace('listen(3000)', `listen(${port})`);
  writeFileSync(path.join(installed.dir, 'example.mjs'), example ?? '');
  const child = spawn(process.execPath, ['example.mjs'], {
    cwd: installed.dir,
    env: { STRIPE_WEBHOOK_SECRET: STRIPE_SECRET },
  });
  const printed = new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk)));
  });
  const url = `http://127.0.0.1:${port}`;
  await vi.waitFor(async () => expect(await send(url, eventLike(4))).toBe(200), 10_000);
  expect(await printed).toBe(`${eventLike(4).id} checkout.session.completed\n`);
  child.kill();
});
