import type { Callback } from './callback.ts';

/**
 * What came of a call.
 *
 * `done`: Ghost says what it did. `nothing`: it found nothing to do, which it says of a post that is published, that is
 * gone, or that another call publishes at this moment. `token`: it does not take the token any more. `failed`: it did
 * not do it. `unanswered`: nobody knows.
 */
export type Answer =
  | { kind: 'done' }
  | { kind: 'nothing' }
  | { kind: 'token' }
  | { kind: 'failed' | 'unanswered'; reason: string };

/** Connections that were not made: then Ghost has not heard of the call. */
const notReached = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

/** Makes the call as Ghost's own scheduler does: with `force` once its time is over. Never rejects. */
export async function callGhost(
  { method, url, time }: Callback,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<Answer> {
  const target = new URL(url);
  const isPast = time < Date.now();
  if (isPast && method === 'GET') target.searchParams.set('force', 'true');
  const body = isPast && method !== 'GET' ? JSON.stringify({ force: true }) : undefined;
  try {
    const response = await fetch(target, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    return judge(response.status, await response.text());
  } catch (error) {
    // What fetch says may name the URL.
    const { cause, name } = error as Error & { cause?: { code?: string } };
    const code = cause?.code ?? name;
    const kind = notReached.includes(code) ? 'failed' : 'unanswered';
    return { kind, reason: `no answer (${code})` };
  }
}

interface GhostErrors {
  errors?: { code?: string; type?: string; message?: string; context?: string }[];
}

function judge(status: number, text: string): Answer {
  const body = parse(text);
  if (status >= 200 && status < 300) {
    // A page of somebody in front of Ghost says nothing of what was done, so Ghost is asked.
    if (body === undefined) return { kind: text === '' ? 'done' : 'nothing' };
    const isEmpty = Object.values(body).some((list) => Array.isArray(list) && list.length === 0);
    return { kind: isEmpty ? 'nothing' : 'done' };
  }
  const error = (body as GhostErrors | undefined)?.errors?.[0];
  // An edge in front of Ghost answers 404 too, and not in this form.
  if (status === 404 && error !== undefined) return { kind: 'nothing' };
  if (status === 401 || (status === 403 && /JWT|API_KEY|TOKEN/.test(error?.code ?? ''))) {
    return { kind: 'token' };
  }
  const words = [`HTTP ${status}`, error?.type, error?.context ?? error?.message];
  return { kind: 'failed', reason: words.filter(Boolean).join(', ').slice(0, 500) };
}

/** Undefined for what is no object in JSON, as all that Ghost says is. */
function parse(text: string): object | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
