#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { createLogger, type ProsoraError, readOptions, stopGracefully } from '@prosora/service';
import { sandboxOptions } from './options.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts';

const HELP = `Usage: prosora-sandbox [serve]

Stand-ins for the services behind a Prosora site, on this machine, with no account.
Options are environment variables:

${Object.values(sandboxOptions)
  .map(({ env, description }) => `  ${env}\n      ${description}`)
  .join('\n')}
`;

async function serve(): Promise<void> {
  const { publicHost, publicUrl, siteUrl, ...options } = readOptions(sandboxOptions);
  const sandbox = await startSandbox({
    ...options,
    ...(publicHost && { publicHost }),
    ...(publicUrl && { publicUrl }),
    ...(siteUrl && { vendors: vendorsOf(new URL(siteUrl).origin) }),
  } satisfies SandboxOptions);
  process.stdout.write(welcome(sandbox));
  stopGracefully({
    stop: () => sandbox.close(),
    logger: createLogger({ name: 'sandbox', level: 'warn' }),
  });
}

/** Where each vendor's webhooks go in production: to the site's own address. */
function vendorsOf(site: string): NonNullable<SandboxOptions['vendors']> {
  return {
    resend: { settings: { webhookUrl: `${site}/webhooks/resend` } },
    stripe: { webhookUrl: `${site}/members/webhooks/stripe/` },
  };
}

function welcome({ url, cloudinary, resend, stripe, tinybird }: Sandbox): string {
  return `Console     ${url}
Cloudinary  ${cloudinary.url}
            CLOUDINARY_URL=${cloudinary.cloudinaryUrl}
Resend      ${resend.url}, everyone's mail at ${resend.url}/inbox
            RESEND_BASE_URL=${resend.url} RESEND_API_KEY=${resend.apiKey}
Stripe      ${stripe.url}
            STRIPE_SECRET_KEY=${stripe.secretKey}
Tinybird    ${tinybird.url}
            TINYBIRD_HOST=${tinybird.url} TINYBIRD_ADMIN_TOKEN=${tinybird.adminToken}
`;
}

function commandOf(args: string[]): string {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  return values.help ? 'help' : positionals.join(' ') || 'serve';
}

try {
  const command = commandOf(process.argv.slice(2));
  if (command === 'serve') await serve();
  else process.stdout.write(HELP);
  if (command !== 'serve' && command !== 'help') process.exitCode = 2;
} catch (error) {
  // A stack says nothing to someone whose port is taken.
  const { message, help } = error as ProsoraError;
  process.stderr.write(`${[message, help].filter(Boolean).join(' ')}\n`);
  process.exitCode = 1;
}
