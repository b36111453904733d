import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  createLogger,
  type Options,
  type OptionValues,
  readOptions,
  readServiceStatus,
  secretsOf,
  stopGracefully,
} from '@prosora/service';
import * as z from 'zod';
import { startCollector } from './collector.ts';
import { examine } from './doctor/examine.ts';
import { keepHeapSmall } from './hit/small-heap.ts';
import { collectorOptions } from './options.ts';
import { datafilesOf } from './project/datafiles.ts';
import { deployTo, readWorkspace } from './project/deploy.ts';
import { backfill } from './send/backfill.ts';
import { readDeadLetters } from './send/dead-letters.ts';
import { replay } from './send/replay.ts';
import { countRows, createTinybird } from './send/tinybird.ts';
import { deadLettersIn, laneDirsIn, spoolBytesIn } from './spool/data-dir.ts';
import { adviceOn, clockDoubtIn, trustClockIn } from './visitor/clock.ts';

/** A verb of the command. */
export interface Verb {
  /** How it is called, and what it does. */
  usage: string;
  help: string;
  /** Resolves with the exit code. */
  run(args: string[]): Promise<number>;
}

type Print = (line: string) => void;

/** `deploy` comes before there is a tracker token, and cannot do without the admin's. */
const deployOptions = {
  upstreamUrl: collectorOptions.upstreamUrl,
  siteUrl: collectorOptions.siteUrl,
  datasource: collectorOptions.datasource,
  adminToken: { ...collectorOptions.adminToken, schema: z.string().min(1) },
  ghostDir: { ...collectorOptions.ghostDir, schema: z.string() },
} satisfies Options;

/** `status` and `dead` look at this machine alone, which needs no token. */
const localOptions = {
  dataDir: collectorOptions.dataDir,
  privateHost: collectorOptions.privateHost,
  privatePort: collectorOptions.privatePort,
} satisfies Options;

/** The verbs by name. */
export function verbsFor(print: Print): Record<string, Verb> {
  return {
    serve: { usage: 'serve', help: 'Take page hits and send them on (the default)', run: serve },
    status: {
      usage: 'status',
      help: 'What a running collector says of itself',
      run: () => status(print),
    },
    doctor: {
      usage: 'doctor',
      help: 'Walk from the site over the collector to its charts, and name the first broken link',
      run: () => doctor(print),
    },
    dead: {
      usage: 'dead',
      help: 'Print the hits that the upstream does not take, and why, as lines of JSON',
      run: async () => dead(print),
    },
    replay: {
      usage: 'replay [--batch NAME] [--anyway]',
      help: 'Send dead hits again, after what kept them out was mended',
      run: (args) => replayDead(args, print),
    },
    'trust-clock': {
      usage: 'trust-clock',
      help: "Say that the machine's clock is right after it jumped; a running collector hears it within a minute",
      run: () => trustTheClock(print),
    },
    deploy: {
      usage: 'deploy [--check] [--allow-destructive]',
      help: "Bring Ghost's Tinybird project and ours to a workspace, and print what to set",
      run: (args) => deploy(args, print),
    },
    backfill: {
      usage: 'backfill FILE',
      help: 'Send an export of analytics_events to the upstream, and verify the counts',
      run: (args) => sendExport(args, print),
    },
  };
}

async function serve(): Promise<number> {
  keepHeapSmall();
  const values = readOptions(collectorOptions);
  const secrets = secretsOf(collectorOptions, values);
  const logger = createLogger({ name: 'collector', level: values.logLevel, secrets });
  const { url, privateUrl, stop } = await startCollector(values, logger);
  logger.info({ url, privateUrl, upstream: values.upstreamUrl }, 'ready');
  stopGracefully({ stop, logger });
  return 0;
}

async function status(print: Print): Promise<number> {
  const values = readOptions(localOptions);
  const { isReady, lines } = await readServiceStatus({
    ...values,
    name: 'collector',
    hidden: 'prosora_spool_fsync',
  });
  print(lines.join('\n'));
  for (const lane of laneDirsIn(values.dataDir)) {
    print(`${lane}: ${spoolBytesIn(lane)} bytes of page hits`);
  }
  const doubt = await clockDoubtIn(values.dataDir);
  if (doubt) print(adviceOn(doubt));
  return isReady ? 0 : 1;
}

async function trustTheClock(print: Print): Promise<number> {
  const { dataDir } = readOptions(localOptions);
  const isHeard = await trustClockIn(dataDir);
  print(
    isHeard
      ? 'The clock is taken for right from the next look on.'
      : `No collector has looked at the clock in ${dataDir} yet.`,
  );
  return isHeard ? 0 : 1;
}

async function doctor(print: Print): Promise<number> {
  let isWell = true;
  for await (const { ok, text } of examine(readOptions(collectorOptions))) {
    print(`${ok ? '✔' : '✘'} ${text}`);
    isWell &&= ok;
  }
  return isWell ? 0 : 1;
}

function dead(print: Print): number {
  const { dataDir } = readOptions(localOptions);
  for (const file of deadLetterFilesIn(dataDir)) {
    for (const letter of readDeadLetters(file)) print(JSON.stringify(letter));
  }
  return 0;
}

function deadLetterFilesIn(dataDir: string): string[] {
  return laneDirsIn(dataDir).map(deadLettersIn);
}

async function replayDead(args: string[], print: Print): Promise<number> {
  const { values: flags } = parseArgs({
    args,
    options: { batch: { type: 'string' }, anyway: { type: 'boolean' } },
  });
  const values = readOptions(collectorOptions);
  let staying = 0;
  for (const file of deadLetterFilesIn(values.dataDir)) {
    for await (const { letter, stays } of replay(file, tinybirdIn(values), flags)) {
      print(
        `${stays ? '✘' : '✔'} ${letter.batch}, ${letter.rows.length} hits${stays ? `: ${stays}` : ''}`,
      );
      staying += stays ? 1 : 0;
    }
  }
  return staying === 0 ? 0 : 1;
}

async function deploy(args: string[], print: Print): Promise<number> {
  const off = { type: 'boolean', default: false } as const;
  const { values: flags } = parseArgs({
    args,
    options: { check: off, 'allow-destructive': off },
  });
  const values = readOptions(deployOptions);
  const target = { url: values.upstreamUrl, token: values.adminToken };
  const done = await deployTo(target, datafilesOf(values.ghostDir), {
    check: flags.check,
    allowDestructive: flags['allow-destructive'],
  });
  if (flags.check) {
    print('# The project would be taken; nothing was changed.');
    return 0;
  }
  const { created, changed, deleted } = done;
  print(
    done.result === 'no_changes'
      ? '# The workspace has it already.'
      : `# Live: ${created.length} new, ${changed.length} changed, ${deleted.length} deleted.`,
  );
  print(await settingsFor(values, target));
  return 0;
}

/** The lines that the collector and Ghost need. */
async function settingsFor(
  values: OptionValues<typeof deployOptions>,
  target: Parameters<typeof readWorkspace>[0],
): Promise<string> {
  const { workspaceId, trackerToken } = await readWorkspace(target);
  const site = (values.siteUrl ?? 'https://YOUR-SITE').replace(/\/+$/, '');
  return `
# for the collector
TINYBIRD_HOST=${values.upstreamUrl}
TINYBIRD_TRACKER_TOKEN=${trackerToken}

# for Ghost
tinybird__workspaceId=${workspaceId}
tinybird__adminToken=${values.adminToken}
tinybird__tracker__endpoint=${site}/.ghost/analytics/api/v1/page_hit
tinybird__tracker__datasource=${values.datasource}
tinybird__stats__endpoint=${site}/.ghost/analytics`;
}

async function sendExport(args: string[], print: Print): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const [file] = positionals;
  if (file === undefined) {
    print('Say which file: prosora-collector backfill analytics_events.ndjson');
    return 2;
  }
  const values = readOptions(collectorOptions);
  const { upstreamUrl: url, adminToken, datasource } = values;
  // Page views that come meanwhile are younger than the file.
  const until = statSync(file).mtime.toISOString().slice(0, 19).replace('T', ' ');
  const count = async () =>
    adminToken ? await countRows({ url, token: adminToken, datasource }, until) : undefined;
  const sent = await backfill({ file, tinybird: tinybirdOf(values), count });
  const { before } = sent;
  const after = await count();
  print(`${sent.lines} lines, ${sent.accepted} rows taken, ${sent.quarantined} in quarantine`);
  if (sent.accepted !== sent.lines) return 1;
  if (before === undefined || after === undefined) {
    print('Not counted at the other end: set TINYBIRD_ADMIN_TOKEN from the start for that.');
    return 0;
  }
  const more = after - before;
  const difference = more - sent.accepted;
  print(
    `${datasource} had ${before} rows up to ${until} UTC and has ${after} now: ${verdictOn(more, difference)}`,
  );
  return difference === 0 ? 0 : 1;
}

function verdictOn(more: number, difference: number): string {
  if (difference === 0) return `${more} more`;
  if (difference < 0) return `${-difference} rows are missing`;
  return `${difference} rows more than were sent, as when an answer was lost or others send too`;
}

function tinybirdIn(values: OptionValues<typeof collectorOptions>) {
  return (datasource = values.datasource) => tinybirdOf({ ...values, datasource });
}

function tinybirdOf(values: OptionValues<typeof collectorOptions>) {
  return createTinybird({
    url: values.upstreamUrl,
    token: values.trackerToken,
    datasource: values.datasource,
    timeoutMs: values.upstreamTimeoutMs,
  });
}
