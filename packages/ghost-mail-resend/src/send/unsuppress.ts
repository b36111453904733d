import type { Clock, Job, Result } from '@prosora/durable';
import type { Resend } from 'resend';
import type { MailTables } from '../store/schema.ts';

/** Resend's limit for one call about suppressions: https://resend.com/docs/api-reference/suppressions */
export const MAX_ADDRESSES = 100;

/** Jobs that are due together are claimed together; the first waits this long for the others. */
const GATHER_MS = 20;
/** The SDK has no timeout of its own. */
const CALL_MS = 30_000;

type Outcome = Result<MailTables>;
type Refusal = { statusCode: number | null; name: string; message: string };

/**
 * Takes the addresses of jobs off Resend's list, all that are due in one call: the handler of that queue's
 * worker. Where the call for many is refused, because Resend does not have it or does not like one of them,
 * each is taken off by itself.
 */
export function createUnsuppressor(resend: Resend, clock: Clock): (job: Job) => Promise<Outcome> {
  let waiting = new Set<string>();
  let calling: Promise<Refusal | null> | undefined;

  async function call(): Promise<Refusal | null> {
    await clock.sleep(GATHER_MS);
    const emails = [...waiting];
    waiting = new Set();
    calling = undefined;
    if (emails.length === 1) return await removeOne(emails[0] ?? '');
    const signal = AbortSignal.timeout(CALL_MS);
    const { error } = await resend.suppressions.batch.remove({ emails }, { signal });
    return error;
  }

  async function removeOne(address: string): Promise<Refusal | null> {
    const { error } = await resend.suppressions.remove(address, {
      signal: AbortSignal.timeout(CALL_MS),
    });
    return error?.statusCode === 404 ? null : error;
  }

  return async (job) => {
    const address = Buffer.from(job.payload).toString();
    waiting.add(address);
    calling ??= call();
    const together = waiting;
    let refusal = await calling;
    if (together.size > 1 && isNoneOfTheirs(refusal)) refusal = await removeOne(address);
    return toResult(refusal);
  };
}

/** Refused for the call and not for what all of them need: the key, or time. */
function isNoneOfTheirs(refusal: Refusal | null): boolean {
  return refusal !== null && [400, 404, 405, 422].includes(refusal.statusCode ?? 0);
}

function toResult(refusal: Refusal | null): Outcome {
  if (refusal === null) return { kind: 'done' };
  const reason = `${refusal.name}: ${refusal.message}`;
  // A key that may only send can never do this: an operator has to.
  const needsFullAccess = refusal.statusCode === 401 || refusal.statusCode === 403;
  return { kind: needsFullAccess ? 'dead' : 'retry', reason };
}
