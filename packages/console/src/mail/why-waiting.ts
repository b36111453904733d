import type { Problem } from '@prosora/service/look';
import type { Said } from '../services/services.ts';

/** How far a newsletter is, and how the service does. */
export type Progress = Said<'mail', 'newsletter'>;
export type MailStatus = Said<'mail', 'status'>;

/**
 * Why mails of a newsletter wait, what weighs most first, and what to do about it; undefined where none waits for
 * anything but its turn.
 *
 * @param moment how a time is written in a sentence
 */
export function whyWaiting(
  { decision, queued, waits }: Progress,
  status: MailStatus | undefined,
  { now = Date.now(), moment }: { now?: number; moment: (iso: string) => string },
): Problem | undefined {
  if (decision === 'paused') {
    const message = `It is paused: ${queued} mails wait until somebody resumes it.`;
    return { code: 'PAUSED', message };
  }
  if (queued === 0 || decision === 'canceled') return undefined;
  const said = waits?.reason ? ` The last try ended so: ${sentence(waits.reason)}` : '';
  if (status?.heldUntil) {
    const message = `Resend takes no mail before ${moment(status.heldUntil)}.${said}`;
    return { code: 'HELD', message, help: waits?.reason?.includes('quota') ? QUOTA : undefined };
  }
  if (status !== undefined && !status.isReady) {
    return { code: 'NOT_READY', message: status.failures.join(' ') };
  }
  if (waits?.reason) {
    const next = ` The next try is at ${moment(waits.dueAt)}.`;
    return {
      code: 'FAILED',
      message: `Mails of it could not be sent.${said}${next}`,
      help: DOCTOR,
    };
  }
  if (waits && Date.parse(waits.dueAt) > now + MOMENT_MS) {
    return { code: 'LATER', message: `It is to be sent at ${moment(waits.dueAt)}.` };
  }
  return undefined;
}

/** Where a newsletter stands, in a word. */
export function standingOf(progress: Progress, status: MailStatus | undefined): string {
  const { decision, queued } = progress;
  if (decision !== null) return decision;
  if (queued === 0) return 'done';
  const why = whyWaiting(progress, status, { moment: (iso) => iso });
  if (why === undefined) return 'sending';
  return why.code === 'LATER' ? 'scheduled' : 'waiting';
}

const DOCTOR = '`doctor` says what keeps mail from going out.';
const QUOTA = 'When the plan at Resend was changed, pause and resume it: the wait ends then.';
/** What is due so soon does not wait. */
const MOMENT_MS = 5_000;

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
