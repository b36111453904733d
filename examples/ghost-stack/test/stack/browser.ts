import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CHROMIUM_FLAGS, chromiumPath } from '@prosora/ghost-local';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { answerForGhostCdn } from './ghost-cdn.ts';
import { codeAfter, ensureOwner, mailIds, OWNER } from './people.ts';
import { containerOf, DOMAIN, inspect } from './stack.ts';

/** A browser on this machine, which knows the site's names, with a page that is watched. */
export interface WatchedBrowser extends AsyncDisposable {
  context: BrowserContext;
  page: Page;
  /** What went wrong on the site's pages so far: scripts, requests, mixed content, refused frames. */
  complaints: string[];
}

/** There is no way from the edge to who knows others, and Chromium waits for seconds. */
const OWN_NAMES = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.localhost';
/** A browser says who it is not, and Ghost's own script counts only those that it takes for people. */
const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0';
/** Before anyone has signed in, Ghost Admin asks who has and is refused, on any server. */
const ASKS_WHO_IS_SIGNED_IN = /not authorised to make this request|\/ghost\/api\/admin\/.+ 403/;

/** Opens a browser whose every complaint is kept. */
export async function openBrowser(): Promise<WatchedBrowser> {
  const browser = await chromium.launch({
    executablePath: await chromiumBesideCaddy(),
    args: [...CHROMIUM_FLAGS, OWN_NAMES],
  });
  const context = await browser.newContext({
    // The certificate itself is checked in the tests of the edge.
    ignoreHTTPSErrors: true,
    viewport: { width: 1300, height: 900 },
    userAgent: USER_AGENT,
  });
  await context.addInitScript('window.__GHOST_SYNTHETIC_MONITORING__ = true');
  await answerForGhostCdn(context);
  const page = await context.newPage();
  const complaints: string[] = [];
  let signedIn = false;
  const complain = (complaint: string) => {
    if (signedIn || !ASKS_WHO_IS_SIGNED_IN.test(complaint)) complaints.push(complaint);
  };
  page.on('pageerror', (error) => complain(String(error)));
  page.on('console', (message) => {
    const { url } = message.location();
    // Chromium only warns of a picture over plain http.
    if (message.text().startsWith('Mixed Content')) complain(message.text());
    // A request's failure is told below, with its address; other hosts are not ours to answer for.
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return;
    if (isOurs(url)) complain(`${url}: ${message.text()}`);
  });
  page.on('response', (response) => {
    signedIn ||=
      response.ok() &&
      response.request().method() !== 'GET' &&
      /\/admin\/session/.test(response.url());
    if (response.status() >= 400 && isOurs(response.url())) {
      complain(`${response.url()} ${response.status()}`);
    }
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    // A page that is left drops what it had asked for.
    if (isOurs(request.url()) && reason !== 'net::ERR_ABORTED') {
      complain(`${request.url()} ${reason}`);
    }
  });
  return { context, page, complaints, [Symbol.asyncDispose]: () => browser.close() };
}

/**
 * Chromium in the network of the edge's container, where the site's names are this machine's own too. It drops what it
 * loads when an interface of its network comes or goes, as those of another stack do all the while.
 */
async function chromiumBesideCaddy(): Promise<string> {
  const { Pid } = (await inspect(containerOf('caddy'))).State;
  const program = path.join(await mkdtemp(path.join(tmpdir(), 'chromium-')), 'chromium');
  const command = `nsenter --net=/proc/${Pid}/ns/net '${chromiumPath ?? 'chromium'}' "$@"`;
  await writeFile(program, `#!/bin/sh\nexec ${command}\n`, { mode: 0o700 });
  return program;
}

/** Signs the owner in at Ghost Admin below `origin`, with the code in the mail when Ghost asks for one. */
export async function signInAtAdmin(page: Page, origin: string): Promise<void> {
  await ensureOwner();
  const mailsBefore = (await mailIds(OWNER.email)).length;
  await page.goto(`${origin}/ghost/`);
  await page.locator('input[name=identification]').fill(OWNER.email);
  await page.locator('input[name=password]').fill(OWNER.password);
  await page.getByRole('button', { name: /sign in/i }).click();
  const code = page.locator('input[name=token]');
  const inside = page.getByText('Settings').first();
  await Promise.race([code.waitFor(), inside.waitFor()]);
  if (await code.isVisible()) {
    await code.fill(await codeAfter(mailsBefore));
    await page.getByRole('button', { name: /verify/i }).click();
  }
  await inside.waitFor();
}

function isOurs(url: string): boolean {
  return !URL.canParse(url) || new URL(url).hostname.endsWith(DOMAIN);
}
