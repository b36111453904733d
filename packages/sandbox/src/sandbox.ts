import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type CloudflareOptions,
  type CloudflareStandIn,
  startCloudflare,
} from './cloudflare/cloudflare.ts';
import {
  type Cloudinary,
  type CloudinaryOptions,
  startCloudinary,
} from './cloudinary/cloudinary.ts';
import { createConsole } from './console/console.ts';
import { SandboxError } from './errors.ts';
import { type Resend, type ResendOptions, startResend } from './resend/resend.ts';
import { createRandom } from './stand-in/random.ts';
import { listenAs, type StandIn, type StandInContext } from './stand-in/stand-in.ts';
import { openState } from './stand-in/state.ts';
import { type StripeOptions, type StripeStandIn, startStripe } from './stripe/stripe.ts';
import { startTinybird, type TinybirdOptions, type TinybirdStandIn } from './tinybird/tinybird.ts';

/** How a sandbox is started. */
export interface SandboxOptions {
  /** The console's port; each stand-in has one of the following. 0 picks free ports for all. (Default: 4100) */
  port?: number;
  /** The address to listen on. (Default: `127.0.0.1`) */
  host?: string;
  /** The host name in URLs, where callers know the sandbox by another one. (Default: the `host`) */
  publicHost?: string;
  /**
   * Where browsers reach the console behind a proxy. Each stand-in is then at its own name before that
   * host: `https://stripe.sandbox.example.com`. (Default: no proxy)
   */
  publicUrl?: string;
  /**
   * The site that webhooks go to, where it is reached by another origin than the one that vendors know: its host name,
   * and that origin. (Default: every address is reached as it is)
   */
  site?: { name: string; origin: string };
  /** The folder for all state; made if it is not there. One sandbox a folder. */
  dataDir: string;
  /** Decides everything that is random. (Default: `prosora`) */
  seed?: string;
  /** What each stand-in starts with. */
  vendors?: {
    cloudinary?: CloudinaryOptions;
    resend?: ResendOptions;
    stripe?: StripeOptions;
    tinybird?: TinybirdOptions;
    cloudflare?: CloudflareOptions;
  };
  /** The clock, in milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/** A running sandbox. */
export interface Sandbox extends AsyncDisposable {
  /** The console: a page for people, JSON for programs. */
  readonly url: string;
  readonly cloudinary: Cloudinary;
  readonly resend: Resend;
  readonly stripe: StripeStandIn;
  readonly tinybird: TinybirdStandIn;
  readonly cloudflare: CloudflareStandIn;
  /** Every stand-in as it was on the first day. */
  reset(): Promise<void>;
  /** Stops listening and lets go of the folder; state stays in it. */
  close(): Promise<void>;
}

/**
 * Starts the stand-ins and their console.
 *
 * @throws ProsoraError `LISTEN_FAILED` when a port is taken, SandboxError `SANDBOX_DATA_DIR` when the
 * folder cannot be used, `SANDBOX_INPUT` when a setting is wrong.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { port = 4100, host = '127.0.0.1', publicHost = host, seed = 'prosora' } = options;
  const dataDir = makeFolder(options.dataDir);
  await using cleanup = new AsyncDisposableStack();
  const state = cleanup.adopt(openState(join(dataDir, 'sandbox.db')), (opened) => opened.close());
  const contextFor = (vendor: string, offset: number): StandInContext => ({
    host,
    publicHost,
    publicUrl: options.publicUrl && originOf(options.publicUrl, vendor),
    port: port === 0 ? 0 : port + offset,
    dir: join(dataDir, vendor),
    state,
    // With the count of starts in it, a later run does not make the ids of an earlier one again.
    random: createRandom(`${seed}/${vendor}/${state.boots}`),
    now: options.now ?? Date.now,
    reach: (url) => reached(url, options.site),
  });
  const cloudinary = await startCloudinary(
    contextFor('cloudinary', 1),
    options.vendors?.cloudinary,
  );
  cleanup.defer(() => cloudinary.close());
  const resend = await startResend(contextFor('resend', 2), options.vendors?.resend);
  cleanup.defer(() => resend.close());
  const stripe = await startStripe(contextFor('stripe', 3), options.vendors?.stripe);
  cleanup.defer(() => stripe.close());
  const tinybird = await startTinybird(contextFor('tinybird', 4), options.vendors?.tinybird);
  cleanup.defer(() => tinybird.close());
  const cloudflare = await startCloudflare(
    contextFor('cloudflare', 5),
    options.vendors?.cloudflare,
  );
  cleanup.defer(() => cloudflare.close());
  const standIns: readonly StandIn[] = [cloudinary, resend, stripe, tinybird, cloudflare];
  const reset = async (): Promise<void> => {
    for (const standIn of standIns) await standIn.reset();
  };
  const console = await listenAs(createConsole(standIns, reset), {
    host,
    port,
    publicHost,
    publicUrl: options.publicUrl && new URL(options.publicUrl).origin,
  });
  cleanup.defer(() => console.close());
  const resources = cleanup.move();
  const close = () => resources.disposeAsync();
  return {
    url: console.url,
    cloudinary,
    resend,
    stripe,
    tinybird,
    cloudflare,
    reset,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function reached(url: string, site: SandboxOptions['site']): string {
  const { hostname, pathname, search } = new URL(url);
  return site?.name === hostname ? site.origin + pathname + search : url;
}

function originOf(publicUrl: string, vendor: string): string {
  const { protocol, host } = new URL(publicUrl);
  return `${protocol}//${vendor}.${host}`;
}

function makeFolder(dataDir: string): string {
  const folder = resolve(dataDir);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch (cause) {
    throw new SandboxError(
      'SANDBOX_DATA_DIR',
      `Cannot make ${folder}: ${(cause as Error).message}.`,
      {
        help: 'Choose a folder that this user may write to.',
        cause,
      },
    );
  }
}
