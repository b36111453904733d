import type { Clock } from '@prosora/durable';
import type { Logger } from '@prosora/service';
import { type CatchUpContext, catchUp } from '../report/catch-up.ts';
import { describeLastAttempt } from '../report/last-attempt.ts';
import { type ReconcileContext, reconcile } from '../report/reconcile.ts';
import { webhookSilenceMs } from '../report/webhook-silence.ts';
import { withoutAddresses } from '../send/without-addresses.ts';
import { readNote, writeNote } from '../store/notes.ts';
import type { MailStore } from '../store/schema.ts';
import type { OpenedMailStore } from '../store/store.ts';
import { endDeadChunks } from './dead-chunks.ts';
import { forgetOld } from './retention.ts';

/** What the chores need. */
export interface ChoresContext {
  opened: OpenedMailStore;
  clock: Clock;
  logger: Logger;
  reconciling: ReconcileContext;
  catchingUp: CatchUpContext;
  keptMs: number;
  everyMs: number;
}

const HOUR_MS = 60 * 60 * 1000;

/**
 * Does what nobody asks for, until `signal` aborts: ends chunks that were given up, raises the alarm when
 * webhooks stay away and catches up with them, asks Resend after mails in doubt or silence, forgets what is old. Of several processes one does it at a time.
 */
export async function doChores(context: ChoresContext, signal: AbortSignal): Promise<void> {
  const { opened, clock, logger, reconciling, catchingUp, keptMs, everyMs } = context;
  let alarmedAt = Number.NEGATIVE_INFINITY;
  let forgotAt = clock.now();
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal);
    if (signal.aborted) return;
    try {
      const now = clock.now();
      if (!(await isOurTurn(opened.store, now, everyMs))) continue;
      const silentMs = await webhookSilenceMs(opened.store, now);
      if (silentMs > 0 && now - alarmedAt > HOUR_MS) {
        const silentMinutes = Math.round(silentMs / 60_000);
        const reason = await describeLastAttempt(catchingUp);
        logger.error(
          { event: 'webhooks.silent', silentMinutes, ...(reason !== undefined && { reason }) },
          'Resend reports nothing though mails are out',
        );
        alarmedAt = now;
      }
      for (const chunk of await endDeadChunks(opened, now)) {
        const reason = withoutAddresses(chunk.reason);
        logger.error({ event: 'chunk.dead', ...chunk, reason }, 'mails were given up');
      }
      const caughtUp = await catchUp(catchingUp);
      if (caughtUp.missed > 0) {
        logger.info(
          { event: 'webhooks.caught-up', events: caughtUp.missed },
          'events that were missed are here',
        );
      }
      const { problem = caughtUp.problem, ...counts } = await reconcile(reconciling);
      if (counts.found + counts.absent + counts.told > 0) {
        logger.info(
          { event: 'mail.reconciled', ...counts },
          'Resend was asked after mails in doubt',
        );
      }
      if (problem !== undefined) {
        logger.warn(
          { event: 'mail.not-reconciled', reason: withoutAddresses(problem) },
          'Resend could not be asked after mails in doubt',
        );
      }
      if (now - forgotAt > HOUR_MS) {
        const messages = await forgetOld(opened, keptMs, opened.guard.earliest());
        if (messages > 0)
          logger.info({ event: 'mail.forgotten', messages }, 'old newsletters were forgotten');
        forgotAt = now;
      }
    } catch (error) {
      if (!signal.aborted) {
        logger.error({ event: 'chores.failed', err: error }, 'a chore failed and is done again');
      }
    }
  }
}

async function isOurTurn(store: MailStore, now: number, everyMs: number): Promise<boolean> {
  return await store.transaction(async (tx) => {
    const last = Number((await readNote(tx, 'chores-at')) ?? 0);
    // A clock that stepped back must not end them.
    if (now - last < everyMs / 2 && now >= last) return false;
    await writeNote(tx, 'chores-at', String(now));
    return true;
  });
}
