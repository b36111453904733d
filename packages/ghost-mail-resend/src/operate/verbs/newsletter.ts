import { setTimeout as delay } from 'node:timers/promises';
import { type Verb, verb } from '@prosora/service';
import type { z } from 'zod';
import { describeChunks } from '../../send/status.ts';
import { toCsvLine } from '../csv-line.ts';
import type { storeOperations } from '../operations.ts';
import { allPages, findOperator, type MailOperator, operatorOptions } from './operator.ts';

const WATCH_MS = 2_000;
/** Newest newsletters that `status` shows when it is not asked for one. */
const SHOWN = 10;

export const status = verb({
  help: 'Says how far the newest newsletters are, or one',
  args: '[email-id]',
  flags: { watch: { type: 'boolean', help: 'Say it again until all is sent' } },
  needs: operatorOptions,
  async run({ args: [emailId], flags: { watch }, options, print, show }) {
    await using bridge = findOperator(options);
    for (;;) {
      const now = await readStatus(bridge, emailId);
      if (!watch || now.newsletters.every(({ queued }) => queued === 0)) {
        show(now, statusLines);
        return 0;
      }
      for (const line of statusLines(now)) print(line);
      await delay(WATCH_MS);
    }
  },
});

async function readStatus(bridge: MailOperator, emailId?: string) {
  const newsletters =
    emailId === undefined ? await newest(bridge) : [await bridge.ask('newsletter', { emailId })];
  const { chunks, ...rest } = await bridge.ask('status', {});
  return { newsletters, chunks: describeChunks(chunks), ...rest };
}

async function newest(bridge: MailOperator): Promise<Progress[]> {
  const { items } = await bridge.ask('newsletters', { limit: SHOWN, progress: 'true' });
  return items.flatMap(({ progress }) => progress ?? []);
}

function statusLines(now: Awaited<ReturnType<typeof readStatus>>): string[] {
  const { newsletters, chunks, limit, heldUntil, alarms } = now;
  const hold = heldUntil === null ? '' : `, nothing before ${heldUntil}`;
  return [
    ...newsletters.map(describe),
    `chunks: ${chunks}`,
    `Resend: ${limit} calls a second${hold}`,
    ...alarms.map((alarm) => `ALARM: ${alarm}`),
  ];
}

type Progress = z.output<typeof storeOperations.newsletter.output>;

function describe(progress: Progress): string {
  const { emailId, acceptedAt, subject: _, decision, rate, doneAt, waits, ...counts } = progress;
  const shown = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  const pace = counts.queued > 0 ? [`rate ${rate.toFixed(1)}/s`] : [];
  const end = doneAt ? [`done at about ${doneAt}`] : [];
  const why = waits?.reason ? [`waits: ${waits.reason}`] : [];
  const words = [...(decision ? [decision] : []), ...shown, ...pace, ...end, ...why];
  return `${emailId}  ${acceptedAt}  ${words.join('  ')}`;
}

/** A verb that decides about a newsletter and says how many recipients it is about. */
function decision(help: string, name: 'pause' | 'resume' | 'cancel', outcome: string): Verb {
  return verb({
    help,
    args: '<email-id>',
    needs: operatorOptions,
    async run({ args: [emailId = ''], options, show }) {
      await using bridge = findOperator(options);
      const decided = await bridge.ask(name, { emailId });
      show(decided, ({ recipients }) => `${recipients} ${outcome}.`);
      return 0;
    },
  });
}

export const pause = decision(
  'Holds a newsletter back',
  'pause',
  'recipients wait until it is resumed',
);
export const resume = decision('Lets a newsletter go on', 'resume', 'recipients are being sent to');
export const cancel = decision(
  'Ends a newsletter: whoever has not been sent it gets nothing',
  'cancel',
  'recipients get nothing',
);

/** Named so in the command; `export` is a word of the language. */
export const exportNewsletter = verb({
  help: "Lists a newsletter's recipients and what became of them, as CSV",
  args: '<email-id>',
  flags: { failed: { type: 'boolean', help: 'List only those that a failure was reported of' } },
  needs: operatorOptions,
  async run({ args: [emailId = ''], flags: { failed }, options, print, showEach }) {
    await using bridge = findOperator(options);
    const filter = { emailId, limit: 1_000, ...(failed && { event: 'failed' as const }) };
    const recipients = allPages((after) => bridge.ask('recipients', { ...filter, after }));
    print('address,state,resend_id,events,code,reason');
    await showEach(recipients, ({ address, state, resendId, events, code, reason }) =>
      toCsvLine([address, state, resendId, events.join(' '), code, reason]),
    );
    return 0;
  },
});
