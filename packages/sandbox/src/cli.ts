#!/usr/bin/env node
import { createLogger, defineCommand, runAsProcess, stopGracefully, verb } from '@prosora/service';
import manifest from '../package.json' with { type: 'json' };
import { sandboxOptions } from './options.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts';

const serve = verb({
  help: 'Runs every stand-in until it is stopped',
  needs: sandboxOptions,
  async run({
    options: { publicHost, publicUrl, siteUrl, siteName, siteAuthorityUrl, ...options },
    print,
  }) {
    const sandbox = await startSandbox({
      ...options,
      ...(publicHost && { publicHost }),
      ...(publicUrl && { publicUrl }),
      ...(siteUrl && { vendors: vendorsOf(new URL(siteUrl).origin, siteName, siteAuthorityUrl) }),
      ...(siteUrl && siteName && { site: { name: siteName, origin: new URL(siteUrl).origin } }),
    } satisfies SandboxOptions);
    print(welcome(sandbox));
    stopGracefully({
      stop: () => sandbox.close(),
      logger: createLogger({ name: 'sandbox', level: 'warn' }),
    });
    return 0;
  },
});

/** Where each vendor finds the site in production: at its own address. */
function vendorsOf(
  site: string,
  name: string | undefined,
  authorityUrl: string | undefined,
): NonNullable<SandboxOptions['vendors']> {
  const zone = { zone: name, host: name, origin: `https://${name}` };
  return {
    ...(name && { cloudflare: { settings: zone, ...(authorityUrl && { authorityUrl }) } }),
    resend: { settings: { webhookUrl: `${site}/webhooks/resend` } },
    stripe: { webhookUrl: `${site}/members/webhooks/stripe/` },
  };
}

function welcome({ url, cloudinary, resend, stripe, tinybird, cloudflare }: Sandbox): string {
  return `Console     ${url}
Cloudinary  ${cloudinary.url}
            CLOUDINARY_URL=${cloudinary.cloudinaryUrl}
Resend      ${resend.url}, everyone's mail at ${resend.url}/inbox
            RESEND_BASE_URL=${resend.url} RESEND_API_KEY=${resend.apiKey}
Stripe      ${stripe.url}
            STRIPE_SECRET_KEY=${stripe.secretKey}
Tinybird    ${tinybird.url}
            TINYBIRD_HOST=${tinybird.url} TINYBIRD_ADMIN_TOKEN=${tinybird.adminToken}
Cloudflare  ${cloudflare.url} (its edge)
            PROSORA_CDN_API_URL=${cloudflare.apiUrl} CLOUDFLARE_API_TOKEN=${cloudflare.token}
`;
}

await runAsProcess(
  defineCommand({
    name: 'prosora-sandbox',
    version: manifest.version,
    about: 'Stand-ins for the services behind a Prosora site, on this machine, with no account.',
    options: sandboxOptions,
    verbs: { serve },
  }),
);
