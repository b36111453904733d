import { setTimeout as delay } from 'node:timers/promises';
import { type Verb, verb } from '@prosora/service';
import { checkJump, checkSkew } from '../../doctor/clock.ts';
import { MailBridgeError } from '../../errors.ts';
import { webhookSilenceMs } from '../../report/webhook-silence.ts';
import { describePace } from '../../send/shared-pace.ts';
import { describeChunks, type Progress, readProgress } from '../../send/status.ts';
import type { OpenedMailStore } from '../../store/store.ts';
import { type ExportedRecipient, exportRecipients, toCsvLine } from '../export.ts';
import { cancelNewsletter, pauseNewsletter, resumeNewsletter } from '../newsletter.ts';
import { openHere, storeOptions } from './on-store.ts';

const WATCH_MS = 2_000;

export const status = verb({
  help: 'Says how far the newest newsletters are, or one',
  args: '[email-id]',
  flags: { watch: { type: 'boolean', help: 'Say it again until all is sent' } },
  needs: storeOptions,
  async run({ args: [emailId], flags: { watch }, options, print, show }) {
    await using opened = await openHere(options);
    for (;;) {
      const now = await readStatus(opened, emailId);
      if (!watch || now.newsletters.every(({ queued }) => queued === 0)) {
        show(now, statusLines);
        return 0;
      }
      for (const line of statusLines(now)) print(line);
      await delay(WATCH_MS);
    }
  },
});

interface Status {
  newsletters: Progress[];
  /** Those that are not sent, by their state, in words. */
  chunks: string;
  /** Calls a second. */
  limit: number;
  /** No call begins before. */
  heldUntil: Date | null;
  alarms: string[];
}

async function readStatus(opened: OpenedMailStore, emailId?: string): Promise<Status> {
  const { store, queues, clock } = opened;
  const newsletters = await readProgress(store, emailId, clock.now());
  if (emailId !== undefined && newsletters.length === 0) {
    throw new MailBridgeError('NOT_FOUND', `The bridge holds no newsletter ${emailId}.`);
  }
  const { limit, heldUntil } = await describePace(store);
  const silentMs = await webhookSilenceMs(store, clock.now());
  const silence = `Resend has not reported for ${Math.round(silentMs / 60_000)} minutes; run doctor`;
  const clockAlarms = [checkJump(opened), await checkSkew(opened)]
    .filter(({ status }) => status !== 'ok')
    .map(({ sentence, remedy }) => [sentence, remedy].filter(Boolean).join(' '));
  return {
    newsletters,
    chunks: await describeChunks(queues),
    limit,
    heldUntil: heldUntil.getTime() > clock.now() ? heldUntil : null,
    alarms: [...(silentMs > 0 ? [silence] : []), ...clockAlarms],
  };
}

function statusLines({ newsletters, chunks, limit, heldUntil, alarms }: Status): string[] {
  const hold = heldUntil === null ? '' : `, nothing before ${heldUntil.toISOString()}`;
  return [
    ...newsletters.map(describe),
    `chunks: ${chunks}`,
    `Resend: ${limit} calls a second${hold}`,
    ...alarms.map((alarm) => `ALARM: ${alarm}`),
  ];
}

function describe({ emailId, acceptedAt, decision, rate, doneAt, ...counts }: Progress): string {
  const shown = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  const pace = counts.queued > 0 ? [`rate ${rate.toFixed(1)}/s`] : [];
  const end = doneAt ? [`done at about ${doneAt.toISOString()}`] : [];
  const words = [...(decision ? [decision] : []), ...shown, ...pace, ...end];
  return `${emailId}  ${acceptedAt.toISOString()}  ${words.join('  ')}`;
}

/** A verb that decides about a newsletter and says how many recipients it is about. */
function decision(
  help: string,
  work: (opened: OpenedMailStore, emailId: string) => Promise<number>,
  outcome: string,
): Verb {
  return verb({
    help,
    args: '<email-id>',
    needs: storeOptions,
    async run({ args: [emailId = ''], options, show }) {
      await using opened = await openHere(options);
      const recipients = await work(opened, emailId);
      show({ emailId, recipients }, () => `${recipients} ${outcome}.`);
      return 0;
    },
  });
}

export const pause = decision(
  'Holds a newsletter back',
  pauseNewsletter,
  'recipients wait until it is resumed',
);
export const resume = decision(
  'Lets a newsletter go on',
  resumeNewsletter,
  'recipients are being sent to',
);
export const cancel = decision(
  'Ends a newsletter: whoever has not been sent it gets nothing',
  cancelNewsletter,
  'recipients get nothing',
);

/** Named so in the command; `export` is a word of the language. */
export const exportNewsletter = verb({
  help: "Lists a newsletter's recipients and what became of them, as CSV",
  args: '<email-id>',
  flags: { failed: { type: 'boolean', help: 'List only those that a failure was reported of' } },
  needs: storeOptions,
  async run({ args: [emailId = ''], flags: { failed: failedOnly }, options, print, show }) {
    await using opened = await openHere(options);
    print('address,state,resend_id,events,code,reason');
    const exported: ExportedRecipient[] = [];
    for await (const each of exportRecipients(opened.store, emailId, { failedOnly })) {
      const { address, state, resendId, events, code, reason } = each;
      print(toCsvLine([address, state, resendId, events.join(' '), code, reason]));
      exported.push(each);
    }
    // A person has read them by now.
    show(exported, () => []);
    return 0;
  },
});
