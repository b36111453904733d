import { type Finding, type Handlers, noNumbersOf, type ServiceNumbers } from '@prosora/service';
import { checkJump, checkSkew } from '../doctor/clock.ts';
import { type DoctorOptions, examine } from '../doctor/doctor.ts';
import { MailBridgeError } from '../errors.ts';
import { lastHeardAt, webhookSilenceMs } from '../report/webhook-silence.ts';
import { describePace } from '../send/shared-pace.ts';
import { countChunks, readProgress } from '../send/status.ts';
import { trustClocks } from '../store/steady-clock.ts';
import type { MailPlace, OpenedMailStore } from '../store/store.ts';
import { GIVEN_UP, replayJobs } from './dead-chunks.ts';
import { emptyLog } from './empty-log.ts';
import { eraseReader } from './erase.ts';
import { listJobs } from './lists/jobs.ts';
import { describeMail } from './lists/mail.ts';
import { listMailsTo, listSingles } from './lists/mails.ts';
import { listNewsletters } from './lists/newsletters.ts';
import { listRecipients } from './lists/recipients.ts';
import { readSubject } from './lists/subject.ts';
import { listSuppressions } from './lists/suppressions.ts';
import { cancelNewsletter, pauseNewsletter, resumeNewsletter } from './newsletter.ts';
import type { mailOperations, storeOperations } from './operations.ts';
import { findWaitingCall } from './waiting-call.ts';

/** What a running bridge says of itself. */
type Numbers = () => Promise<ServiceNumbers>;

/** Does what the operations on a store say, in the bridge or in a verb where none runs. */
export function createStoreHandlers(
  opened: OpenedMailStore,
  place: MailPlace,
  numbers: Numbers = async () => noNumbersOf('bridge'),
): Handlers<typeof storeOperations> {
  const { store, clock } = opened;
  async function progressOf(emailId: string) {
    const progress = await readProgress(store, emailId, clock.now());
    if (progress === undefined) return undefined;
    const { acceptedAt, doneAt, queued } = progress;
    return {
      ...progress,
      acceptedAt: acceptedAt.toISOString(),
      doneAt: isoOrNull(doneAt),
      subject: await readSubject(store, emailId),
      waits: queued === 0 ? null : await findWaitingCall(opened, emailId),
    };
  }
  /** A verb that decides about a newsletter, and how many recipients that is about. */
  const deciding =
    (decide: (opened: OpenedMailStore, emailId: string) => Promise<number>) =>
    async ({ emailId }: { emailId: string }) => ({
      emailId,
      recipients: await decide(opened, emailId),
    });
  return {
    status: async () => ({ ...(await numbers()), ...(await readStatus(opened)) }),
    async newsletters({ progress, ...input }) {
      const { items, next } = await listNewsletters(store, input);
      const told = [];
      // One after the other, so that a server has connections left for whoever else reads.
      for (const item of items) {
        const known = progress ? await progressOf(item.emailId) : undefined;
        told.push({ ...item, progress: known ?? null });
      }
      return { items: told, next };
    },
    async newsletter({ emailId }) {
      const progress = await progressOf(emailId);
      if (progress !== undefined) return progress;
      throw new MailBridgeError('NOT_FOUND', `The bridge holds no newsletter ${emailId}.`);
    },
    recipients: (input) => listRecipients(store, input),
    mails: (input) => listSingles(store, input),
    reader: (input) => listMailsTo(store, input),
    mail: ({ id }) => describeMail(opened, id),
    jobs: ({ state, ...input }) =>
      listJobs(opened, { ...input, states: state === undefined ? GIVEN_UP : [state] }),
    suppressions: (input) => listSuppressions(store, input),
    traces: ({ address }) => eraseReader(opened, address, { apply: false }),
    async erase({ address }) {
      const erased = await eraseReader(opened, address, { apply: true });
      if ('dataDir' in place) await emptyLog(place.dataDir);
      return erased;
    },
    pause: deciding(pauseNewsletter),
    resume: deciding(resumeNewsletter),
    cancel: deciding(cancelNewsletter),
    replay: ({ ids }) => replayJobs(opened, ids),
    trustClock: async () => ({ machines: await trustClocks(store) }),
  };
}

/** Does all that a running bridge is asked for. */
export function createHandlers(
  opened: OpenedMailStore,
  options: DoctorOptions,
  numbers: Numbers,
): Handlers<typeof mailOperations> {
  return {
    ...createStoreHandlers(opened, options.place, numbers),
    async doctor() {
      const findings: Finding[] = [];
      for await (const finding of examine(options)) findings.push(finding);
      return { findings };
    },
  };
}

async function readStatus(opened: OpenedMailStore) {
  const { store, queues, clock } = opened;
  const { limit, heldUntil } = await describePace(store);
  const silentMs = await webhookSilenceMs(store, clock.now());
  const silence = `Resend has not reported for ${Math.round(silentMs / 60_000)} minutes; run doctor`;
  const clockAlarms = [checkJump(opened), await checkSkew(opened)]
    .filter(({ status }) => status !== 'ok')
    .map(({ sentence, remedy }) => [sentence, remedy].filter(Boolean).join(' '));
  const waiting = [await queues.urgent.oldestPending(), await queues.chunks.oldestPending()];
  const oldest = waiting.filter((date) => date !== undefined).sort((a, b) => +a - +b)[0];
  const heardAt = await lastHeardAt(store);
  return {
    chunks: await countChunks(queues),
    oldestWaitingAt: isoOrNull(oldest ?? null),
    limit,
    heldUntil: heldUntil.getTime() > clock.now() ? heldUntil.toISOString() : null,
    lastWebhookAt: heardAt === 0 ? null : new Date(heardAt).toISOString(),
    alarms: [...(silentMs > 0 ? [silence] : []), ...clockAlarms],
  };
}

const isoOrNull = (date: Date | null): string | null => date?.toISOString() ?? null;
