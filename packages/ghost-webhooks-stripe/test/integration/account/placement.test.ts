import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from '@prosora/service';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readKeyring } from '../../../src/account/keyring.ts';
import type { StripeService } from '../../../src/service.ts';
import { type GhostTarget, MAINTENANCE, startGhostTarget } from '../../fixtures/ghost-target.ts';
import { freePort, runVerb } from '../../fixtures/inbox-process.ts';
import { inboxEnv, jobCounts, startInbox } from '../../fixtures/running-inbox.ts';
import { startTestAccount, type TestAccount } from '../../fixtures/stripe-account.ts';

/*
 * Taking over and giving back, with an account at Stripe and in the place of Ghost what takes what is signed for
 * it. With a real Ghost it is in test/e2e/account/stripe-account.test.ts.
 */

let site: TestAccount;
let ghost: GhostTarget;
let env: Record<string, string>;
let publicUrl: string;
let inbox: StripeService | undefined;

beforeEach(async () => {
  site = await startTestAccount();
  ghost = await startGhostTarget();
  const port = await freePort();
  publicUrl = `http://127.0.0.1:${port}/members/webhooks/stripe/`;
  const { STRIPE_WEBHOOK_SECRET: _, ...own } = inboxEnv(ghost.url, {
    STRIPE_SECRET_KEY: site.stripe.secretKey,
    PROSORA_STRIPE_API_URL: site.stripe.url,
    PROSORA_STRIPE_PORT: String(port),
    PROSORA_STRIPE_PUBLIC_URL: publicUrl,
  });
  env = own;
  inbox = undefined;
});
afterEach(async () => {
  await inbox?.stop();
  await site[Symbol.asyncDispose]();
  await ghost[Symbol.asyncDispose]();
});

const verb = async (...args: string[]) => {
  const { code, stdout, stderr } = await runVerb(env, args);
  return code === 0 ? stdout : `${code}: ${stderr}`;
};
const endpointUrls = async () => {
  const response = await fetch(`${site.stripe.url}/v1/webhook_endpoints`, {
    headers: { authorization: `Bearer ${site.stripe.secretKey}` },
  });
  const { data } = (await response.json()) as { data: { id: string; url: string }[] };
  return data.map(({ url }) => url);
};
const delivered = () =>
  vi.waitFor(
    async () => {
      expect(site.stripe.pendingWebhooks()).toBe(0);
      const { done: _, superseded: __, ...open } = await jobCounts(inbox?.privateUrl ?? '');
      expect(open).toEqual({});
    },
    { timeout: 20_000 },
  );

describe('takeover', () => {
  test('makes the folder of a new machine, and its endpoint once', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'prosora-new-')), 'not', 'yet');
    env = { ...env, PROSORA_STRIPE_DATA_DIR: folder };
    expect(await verb('takeover')).toContain('Stripe now sends to');
    expect(await verb('takeover')).toContain('Stripe sends to');
    expect(await endpointUrls()).toEqual([publicUrl]);
    expect(readKeyring(folder).stripe).toHaveLength(1);
  });

  test('makes no endpoint whose secret it could not keep', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'prosora-new-')), 'file');
    writeFileSync(file, '');
    env = { ...env, PROSORA_STRIPE_DATA_DIR: join(file, 'below') };
    expect(await verb('takeover')).toMatch(/^1: /);
    expect(await endpointUrls()).toEqual([]);
  });
});

describe('takeover --finish', () => {
  test('leaves the endpoint of a site in another folder alone, and names it', async () => {
    await verb('takeover');
    inbox = await startInbox(env);
    const other = site.stripe.addWebhook({
      url: publicUrl.replace('/members', '/blog/members'),
      enabledEvents: ['charge.refunded'],
    });
    const ghosts = site.stripe.addWebhook({ url: publicUrl.replace(/\/$/, '') });
    expect(await verb('takeover', '--finish')).toBe(
      `Deleted at Stripe: ${ghosts.id}.\nLeft alone, perhaps another site's: ${other.id} for ${other.url}.\n`,
    );
    expect(await endpointUrls()).toContain(other.url);
  });

  test('does not wait for what Ghost had before the inbox, but for what is on its way now', async () => {
    // Two addresses stand for the one that the edge leads first to Ghost and then to the inbox.
    const server = createServer((request, response) => request.resume() && response.end());
    await using before = await listen(server, { host: '127.0.0.1', port: 0 });
    site.stripe.addWebhook({ url: before.url });
    site.signUp('before@example.com');
    await vi.waitFor(() => expect(site.stripe.pendingWebhooks()).toBe(0));
    await verb('takeover');
    inbox = await startInbox(env);
    expect(await verb('takeover', '--finish')).toBe('Deleted at Stripe: nothing.\n');
    site.stripe.settings.set({ webhooksPaused: true });
    site.signUp('now@example.com');
    expect(await verb('takeover', '--finish')).toMatch(/^1: Stripe still has to deliver \d events/);
    site.stripe.settings.set({ webhooksPaused: false });
    await vi.waitFor(() => expect(site.stripe.pendingWebhooks()).toBe(0), 10_000);
    expect(await verb('takeover', '--finish')).toBe('Deleted at Stripe: nothing.\n');
  });
});

describe('takeover --undo', () => {
  test('waits until Ghost has an endpoint and has got what came before it', async () => {
    await verb('takeover');
    inbox = await startInbox(env);
    ghost.answer = () => 503;
    ghost.headers = MAINTENANCE;
    site.signUp('ada@example.com');
    await vi.waitFor(() => expect(site.stripe.pendingWebhooks()).toBe(0), 10_000);
    expect(await verb('takeover', '--undo')).toMatch(/^1: Ghost has no endpoint of its own/);

    // Stripe tells times in seconds.
    await vi.waitFor(
      () => expect(site.stripe.events()[0]?.created).toBeLessThan(Math.floor(Date.now() / 1000)),
      { timeout: 3_000 },
    );
    site.stripe.addWebhook({ url: publicUrl, secret: 'whsec_that_ghost_got' });
    expect(await verb('takeover', '--undo')).toMatch(
      /^1: Ghost still has to get \d events by the inbox/,
    );
    expect(await endpointUrls()).toHaveLength(2);

    ghost.answer = () => 200;
    await delivered();
    expect(await verb('takeover', '--undo')).toMatch(/^Deleted at Stripe: we_\w+\.\n/);
    expect(await endpointUrls()).toEqual([publicUrl]);
    expect(readKeyring(env['PROSORA_STRIPE_DATA_DIR'] ?? '').stripe).toEqual([]);
  });

  test('of a takeover that went no further needs no inbox', async () => {
    await verb('takeover');
    site.stripe.addWebhook({ url: publicUrl });
    expect(existsSync(join(env['PROSORA_STRIPE_DATA_DIR'] ?? '', 'inbox.db'))).toBe(false);
    expect(await verb('takeover', '--undo')).toMatch(/^Deleted at Stripe: we_\w+\.\n/);
  });
});
