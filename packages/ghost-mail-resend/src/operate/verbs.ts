import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readOptions } from '@prosora/service';
import { Resend } from 'resend';
import { checkJump, checkSkew } from '../doctor/clock.ts';
import { examine } from '../doctor/doctor.ts';
import { readGhostConfig } from '../doctor/ghost.ts';
import { MailBridgeError } from '../errors.ts';
import { mailOptions, placeOf, sitesOf } from '../options.ts';
import { webhookSilenceMs } from '../report/webhook-silence.ts';
import { describePace } from '../send/shared-pace.ts';
import { describeChunks, type Progress, readProgress } from '../send/status.ts';
import { noteImport } from '../store/imports.ts';
import { trustClocks } from '../store/steady-clock.ts';
import { type MailPlace, type OpenedMailStore, openMailStore } from '../store/store.ts';
import { replayJobs } from './dead-chunks.ts';
import { describeErasure } from './describe-erasure.ts';
import { emptyLog } from './empty-log.ts';
import { eraseReader } from './erase.ts';
import { exportRecipients, toCsvLine } from './export.ts';
import { importSuppressions, readSuppressions } from './import-suppressions.ts';
import { cancelNewsletter, pauseNewsletter, resumeNewsletter } from './newsletter.ts';
import { setUpWebhook } from './setup.ts';

/** What follows a verb on the command line. */
export interface VerbArguments {
  args: readonly string[];
  flags: {
    watch?: boolean;
    failed?: boolean;
    replace?: boolean;
    yes?: boolean;
    'ghost-config'?: string;
  };
}

/** The verbs that end by themselves. */
export const VERBS: Record<string, (given: VerbArguments) => Promise<void>> = {
  init,
  doctor,
  status,
  pause: ({ args }) => decide(args, pauseNewsletter, 'recipients wait until it is resumed'),
  resume: ({ args }) => decide(args, resumeNewsletter, 'recipients are being sent to'),
  cancel: ({ args }) => decide(args, cancelNewsletter, 'recipients get nothing'),
  dead,
  replay,
  setup,
  'trust-clock': trustClock,
  'import-suppressions': importList,
  erase,
  export: exportNewsletter,
};

const WATCH_MS = 2_000;

async function init(): Promise<void> {
  const place = readPlace();
  const { store } = await openMailStore({ ...place, mayBeNew: true });
  await store.close();
  print(`The store is there: ${'dataDir' in place ? place.dataDir : 'in the database'}.`);
}

async function doctor({ flags }: VerbArguments): Promise<void> {
  const options = readOptions(mailOptions);
  const file = flags['ghost-config'];
  const findings = await examine({
    ...options,
    place: placeOf(options),
    sites: sitesOf(options),
    ...(file !== undefined && { ghost: readGhostConfig(file) }),
  });
  for (const { what, ok, sentence } of findings) print(`${ok ? '✔' : '✘'} ${what}: ${sentence}`);
  if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
}

async function status({ args: [emailId], flags }: VerbArguments): Promise<void> {
  await using opened = await open();
  for (;;) {
    const progress = await readProgress(opened.store, emailId, opened.clock.now());
    if (emailId !== undefined && progress.length === 0) {
      throw new MailBridgeError('NOT_FOUND', `The bridge holds no newsletter ${emailId}.`);
    }
    for (const each of progress) print(describe(each));
    await printWhole(opened);
    if (!flags.watch || progress.every(({ queued }) => queued === 0)) return;
    await delay(WATCH_MS);
  }
}

function describe({ emailId, acceptedAt, decision, rate, doneAt, ...counts }: Progress): string {
  const shown = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  const pace = counts.queued > 0 ? [`rate ${rate.toFixed(1)}/s`] : [];
  const end = doneAt ? [`done at about ${doneAt.toISOString()}`] : [];
  const words = [...(decision ? [decision] : []), ...shown, ...pace, ...end];
  return `${emailId}  ${acceptedAt.toISOString()}  ${words.join('  ')}`;
}

async function printWhole(opened: OpenedMailStore): Promise<void> {
  const { store, queues, clock } = opened;
  print(`chunks: ${await describeChunks(queues)}`);
  const { limit, heldUntil } = await describePace(store);
  const hold =
    heldUntil.getTime() > clock.now() ? `, nothing before ${heldUntil.toISOString()}` : '';
  print(`Resend: ${limit} calls a second${hold}`);
  const silentMs = await webhookSilenceMs(store, clock.now());
  if (silentMs > 0) {
    print(
      `ALARM: Resend has not reported for ${Math.round(silentMs / 60_000)} minutes; run doctor`,
    );
  }
  for (const { ok, sentence } of [checkJump(opened), await checkSkew(opened)]) {
    if (!ok) print(`ALARM: ${sentence}`);
  }
}

async function trustClock(): Promise<void> {
  await using opened = await open();
  const machines = await trustClocks(opened.store);
  if (machines === 0) return print('The bridge has not looked at its clock yet: nothing to say.');
  print('The clock is trusted: a running bridge hears it within a minute.');
}

async function decide(
  [emailId]: readonly string[],
  work: (opened: OpenedMailStore, emailId: string) => Promise<number>,
  outcome: string,
): Promise<void> {
  if (emailId === undefined) throw new MailBridgeError('USAGE', 'Name the id of a newsletter.');
  await using opened = await open();
  print(`${await work(opened, emailId)} ${outcome}.`);
}

async function dead(): Promise<void> {
  await using opened = await open();
  for (const queue of queuesOf(opened)) {
    for (const job of await queue.list({ states: ['dead', 'ambiguous'], limit: 10_000 })) {
      print(`${job.id}  ${job.state}  ${job.settledAt?.toISOString()}  ${job.reason}`);
    }
  }
}

async function replay({ args: ids }: VerbArguments): Promise<void> {
  await using opened = await open();
  const { again, asked, missing } = await replayJobs(opened, ids);
  for (const id of again) print(`${id} will be tried again.`);
  for (const id of asked)
    print(`${id} may have been sent: Resend is asked again, nothing is sent.`);
  if (missing.length === 0) return;
  throw new MailBridgeError('NOT_FOUND', `The bridge holds no chunk ${missing.join(', ')}.`);
}

async function setup({ flags: { replace = false } }: VerbArguments): Promise<void> {
  const { publicUrl } = readOptions({ publicUrl: mailOptions.publicUrl });
  if (publicUrl === undefined) {
    throw new MailBridgeError('USAGE', 'Set PROSORA_MAIL_PUBLIC_URL to where Resend reaches you.');
  }
  await using opened = await open();
  const { endpoint, existed } = await setUpWebhook(
    { resend: resendOf(), store: opened.store },
    publicUrl,
    { replace },
  );
  if (!existed) return print(`Resend reports to ${endpoint}; its secret is stored.`);
  print(`Resend reports to ${endpoint} already; with --replace it gets a new secret.`);
}

async function importList({ args: [file] }: VerbArguments): Promise<void> {
  if (file === undefined)
    throw new MailBridgeError('USAGE', 'Name the file that Mailgun exported.');
  const addresses = readSuppressions(read(file));
  await using opened = await open();
  await importSuppressions(resendOf(), addresses, (done) =>
    print(`${done} of ${addresses.length} are on the suppression list of Resend.`),
  );
  await noteImport(opened.store, basename(file), { addresses: addresses.length, at: Date.now() });
}

async function erase({ args: [address], flags: { yes = false } }: VerbArguments): Promise<void> {
  if (address === undefined || !address.includes('@')) {
    throw new MailBridgeError('USAGE', 'Name the address of the reader.');
  }
  const place = readPlace();
  await using opened = await open();
  const erasure = await eraseReader(opened, address, { apply: yes });
  if (yes && 'dataDir' in place) emptyLog(place.dataDir);
  for (const line of describeErasure(erasure, { applied: yes })) print(line);
}

async function exportNewsletter({ args: [emailId], flags }: VerbArguments): Promise<void> {
  if (emailId === undefined) throw new MailBridgeError('USAGE', 'Name the id of a newsletter.');
  await using opened = await open();
  print('address,state,resend_id,events,code,reason');
  const failedOnly = flags.failed ?? false;
  for await (const each of exportRecipients(opened.store, emailId, { failedOnly })) {
    const { address, state, resendId, events, code, reason } = each;
    print(toCsvLine([address, state, resendId, events.join(' '), code, reason]));
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MailBridgeError('FILE', `${file} cannot be read.`, { cause });
  }
}

const queuesOf = ({ queues, suppressions }: OpenedMailStore) => [
  queues.urgent,
  queues.chunks,
  suppressions,
];

function resendOf(): Resend {
  const { resendApiKey, resendBaseUrl } = readOptions({
    resendApiKey: mailOptions.resendApiKey,
    resendBaseUrl: mailOptions.resendBaseUrl,
  });
  return new Resend(resendApiKey, { baseUrl: resendBaseUrl });
}

/** Verbs that need no more than the store work while the service runs, and without its secrets. */
async function open() {
  const opened = await openMailStore(readPlace());
  return { ...opened, [Symbol.asyncDispose]: () => opened.store.close() };
}

function readPlace(): MailPlace {
  const { dataDir, databaseUrl, newStore } = mailOptions;
  return placeOf(readOptions({ dataDir, databaseUrl, newStore }));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
