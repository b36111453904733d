// Writes docs/configuration.md from the packages' option tables; with --check, fails when it is not current.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Option } from '@prosora/service';
import * as z from 'zod';
import { engineOptions } from '../packages/analytics-engine/src/options.ts';
import { collectorOptions } from '../packages/ghost-analytics-tinybird/src/options.ts';
import { mailOptions } from '../packages/ghost-mail-resend/src/options.ts';
import { storageOptions } from '../packages/ghost-storage-cloudinary/src/options.ts';
import { stripeOptions } from '../packages/ghost-webhooks-stripe/src/options.ts';
import { sandboxOptions } from '../packages/sandbox/src/options.ts';

const FILE = new URL('../docs/configuration.md', import.meta.url);

/** An option of a block in Ghost's config need not have a variable. */
type DocumentedOption = Omit<Option, 'env'> & { env?: string };
type DocumentedOptions = Record<string, DocumentedOption>;

const text = `# Configuration

Made from the option tables by \`npm run docs\`; do not edit. An empty variable counts as unset. Each may
also be given as a file: \`<NAME>_FILE=/run/secrets/name\`.

## @prosora/ghost-storage-cloudinary

Keys of the adapter's block in Ghost's config, which win over the variables.

${tableWithKeys(storageOptions)}
## @prosora/ghost-mail-resend

${tableOf(mailOptions)}
## @prosora/ghost-webhooks-stripe

${tableOf(stripeOptions)}
## @prosora/ghost-analytics-tinybird

${tableOf(collectorOptions)}
## @prosora/analytics-engine

${tableOf(engineOptions)}
## @prosora/sandbox

${tableOf(sandboxOptions)}`;

if (!process.argv.includes('--check')) {
  writeFileSync(FILE, text);
} else if (readFileSync(FILE, 'utf8') !== text) {
  console.error('docs/configuration.md is not what the option tables say: run npm run docs.');
  process.exit(1);
}

function tableOf(options: DocumentedOptions): string {
  const rows = Object.values(options).map(
    (option) => `| ${codeOf(option.env)} | ${defaultOf(option)} | ${meaningOf(option)} |\n`,
  );
  return `| variable | default | meaning |\n|---|---|---|\n${rows.join('')}`;
}

function tableWithKeys(options: DocumentedOptions): string {
  const rows = Object.entries(options).map(
    ([key, option]) =>
      `| \`${key}\` | ${codeOf(option.env)} | ${defaultOf(option)} | ${meaningOf(option)} |\n`,
  );
  return `| key | variable | default | meaning |\n|---|---|---|---|\n${rows.join('')}`;
}

function codeOf(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``;
}

function defaultOf({ schema, defaultText, unit }: DocumentedOption): string {
  if (defaultText !== undefined) return defaultText;
  const unset = z.safeParse(schema, undefined);
  if (!unset.success) return 'required';
  if (unset.data === undefined) return 'unset';
  const value = typeof unset.data === 'string' ? unset.data : JSON.stringify(unset.data);
  return `\`${value}\`${unit ? ` ${unit}` : ''}`;
}

function meaningOf({ description, example, secret }: DocumentedOption): string {
  return `${description}${example ? ` Example: \`${example}\`.` : ''}${secret ? ' Secret.' : ''}`;
}
