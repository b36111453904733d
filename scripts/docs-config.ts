// Writes from the code: the option tables of docs/configuration.md and of each README, and the OpenAPI document of each
// service's operator API with the types that the console has of it, and from the calls themselves what services log,
// docs/log-events.md. With --check, fails when one is not current.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describeOption, type Operations, type Option, openApiOf } from '@prosora/service';
import { engineOptions } from '../packages/analytics-engine/src/options.ts';
import { operations as engineOperations } from '../packages/analytics-engine/src/verbs/operations.ts';
import { consoleOptions } from '../packages/console/src/options.ts';
import { collectorOptions } from '../packages/ghost-analytics-tinybird/src/options.ts';
import { operations as collectorOperations } from '../packages/ghost-analytics-tinybird/src/verbs/operations.ts';
import { operations as cdnOperations } from '../packages/ghost-cdn-cloudflare/src/operate/operations.ts';
import { cdnOptions } from '../packages/ghost-cdn-cloudflare/src/options.ts';
import { jobsOptions } from '../packages/ghost-jobs-durable/src/options.ts';
import { mailOperations } from '../packages/ghost-mail-resend/src/operate/operations.ts';
import { mailOptions } from '../packages/ghost-mail-resend/src/options.ts';
import { command as stackCommand } from '../packages/ghost-stack/src/command.ts';
import { opsOptions, stackOptions } from '../packages/ghost-stack/src/options.ts';
import { opsOperations } from '../packages/ghost-stack/src/services/ops-operations.ts';
import { storageOptions } from '../packages/ghost-storage-cloudinary/src/options.ts';
import { operations as stripeOperations } from '../packages/ghost-webhooks-stripe/src/operate/operations.ts';
import { stripeOptions } from '../packages/ghost-webhooks-stripe/src/options.ts';
import { sandboxOptions } from '../packages/sandbox/src/options.ts';
import { operationTypes, sharedTypes } from './docs/operation-types.ts';
import { logCallsOf } from './house/log-calls.ts';
import { readSources } from './house/sources.ts';

/** An option of a block in Ghost's config need not have a variable. */
type DocumentedOptions = Record<string, Omit<Option, 'env'> & { env?: string }>;

interface DocumentedPackage {
  folder: string;
  options: DocumentedOptions;
  note?: string;
  /** Its options have names of their own beside the variables. */
  hasKeys?: true;
  operations?: Operations;
  /** What the console calls it, which has the types of its operations. */
  part?: string;
}

const PACKAGES: DocumentedPackage[] = [
  {
    folder: 'ghost-storage-cloudinary',
    options: storageOptions,
    note: "Keys of the adapter's block in Ghost's config, which win over the variables.",
    hasKeys: true,
  },
  {
    folder: 'ghost-jobs-durable',
    options: jobsOptions,
    note: "Keys of the adapters' blocks in Ghost's config, which win over the variables.",
    hasKeys: true,
  },
  {
    folder: 'ghost-mail-resend',
    options: mailOptions,
    operations: mailOperations,
    part: 'mail',
  },
  {
    folder: 'ghost-webhooks-stripe',
    options: stripeOptions,
    operations: stripeOperations,
    part: 'payments',
  },
  {
    folder: 'ghost-analytics-tinybird',
    options: collectorOptions,
    operations: collectorOperations,
    part: 'visits',
  },
  {
    folder: 'ghost-cdn-cloudflare',
    options: cdnOptions,
    operations: cdnOperations,
    part: 'cdn',
  },
  {
    folder: 'analytics-engine',
    options: engineOptions,
    operations: engineOperations,
    part: 'engine',
  },
  { folder: 'console', options: consoleOptions },
  {
    folder: 'ghost-stack',
    options: { ...stackOptions, ...opsOptions },
    operations: opsOperations,
    part: 'ops',
  },
  { folder: 'sandbox', options: sandboxOptions, hasKeys: true },
];
const VERBS = /(<!-- verbs: `npm run docs` writes them -->\n)[\s\S]*?(<!-- end of verbs -->)/;
const MARKED = /(<!-- options: `npm run docs` writes them -->\n)[\s\S]*?(<!-- end of options -->)/;

const sections = PACKAGES.map(({ folder, options, note, hasKeys }) => {
  const intro = note === undefined ? '' : `${note}\n\n`;
  return `## @prosora/${folder}\n\n${intro}${tableOf(options, hasKeys)}`;
});
const files = new Map([
  [
    'docs/configuration.md',
    `# Configuration

Made from the option tables by \`npm run docs\`; do not edit. An empty variable counts as unset. Each
may also be given as a file: \`<NAME>_FILE=/run/secrets/name\`.

${sections.join('\n')}`,
  ],
]);
const typesOf = (part: string): string => `packages/console/src/services/api/${part}.ts`;
files.set(typesOf('every-service'), sharedTypes());
for (const { folder, options, hasKeys, operations, part = folder } of PACKAGES) {
  const file = `packages/${folder}/README.md`;
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (operations !== undefined) {
    const document = openApiOf(`@prosora/${folder}: operator API`, '1', operations);
    const place = `packages/${folder}/openapi.json`;
    files.set(place, `${JSON.stringify(document, null, 2)}\n`);
    files.set(typesOf(part), operationTypes(document, place));
  }
  if (MARKED.test(text)) files.set(file, text.replace(MARKED, `$1${tableOf(options, hasKeys)}$2`));
}

const stackReadme = 'packages/ghost-stack/README.md';
files.set(stackReadme, (files.get(stackReadme) ?? '').replace(VERBS, `$1${verbTable()}$2`));

const calls = logCallsOf(readSources(process.cwd(), 'packages'));
const logged = Array.from(calls, ([name, ofPackage]) => {
  const rows = ofPackage.map(
    ({ event = '', level, sentence }) => `| \`${event}\` | ${level} | ${sentence} |\n`,
  );
  const table = [...new Set(rows)].sort().join('');
  return `## ${name === 'service' ? 'Every service' : name}\n\n| event | level | sentence |\n|---|---|---|\n${table}`;
});
files.set(
  'docs/log-events.md',
  `# What the services log

Made from the code by \`npm run docs\`; do not edit. Each line is JSON with an \`event\`, on which an
alarm can be set, and a sentence in \`msg\`, which may change. What happened decides a level or a
sentence that is not here; \`<kind>\` is the \`kind\` of the same line.

${logged.join('\n')}`,
);

const isCheck = process.argv.includes('--check');
for (const [file, text] of files) {
  if (!isCheck) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${file} is not what the option tables say: run npm run docs.`);
    process.exitCode = 1;
  }
}

function tableOf(options: DocumentedOptions, hasKeys = false): string {
  const rows = Object.entries(options).map(([key, option]) => {
    const { standing, isValue, unit, meaning } = describeOption(option);
    const preset = isValue ? [`\`${standing}\``, unit].filter(Boolean).join(' ') : standing;
    const variable = option.env === undefined ? '' : `\`${option.env}\``;
    const cells = [...(hasKeys ? [`\`${key}\``] : []), variable, preset, meaning];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  });
  const heads = [...(hasKeys ? ['key'] : []), 'variable', 'default', 'meaning'];
  return `| ${heads.join(' | ')} |\n|${'---|'.repeat(heads.length)}\n${rows.join('')}`;
}

/** The verbs of `prosora`, with their words and flags. */
function verbTable(): string {
  const rows = Object.entries(stackCommand.verbs).map(([name, { args, flags, help }]) => {
    const given = Object.entries(flags ?? {}).map(([flag, { value }]) =>
      ['`--', flag, value ? ` ${value}` : '', '`'].join(''),
    );
    const words = [name, args].filter(Boolean).join(' ').replaceAll('|', '\\|');
    return `| \`${words}\` | ${help} | ${given.join(', ')} |\n`;
  });
  return `| verb | what it does | flags |\n|---|---|---|\n${rows.join('')}`;
}
