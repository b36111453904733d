/** Connections that failed before a byte of a request had left: Node's codes and those of its `fetch`. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Whether a call that failed was surely not made. Any other failure of a connection is no answer at all: what was asked
 * for may have been done.
 *
 * @param error what `fetch` or `node:http` threw
 */
export function wasNeverSent(error: unknown): boolean {
  return NEVER_SENT.has(failureCodeOf(error));
}

/** The system's code of a failed connection, else the innermost message: never a stack, never a body. */
export function failureCodeOf(error: unknown): string {
  const { cause, code, message } = error as Error & { code?: unknown };
  if (cause instanceof Error) return failureCodeOf(cause);
  // The code of a DOMException, as of a timeout, is a number that says nothing.
  return typeof code === 'string' ? code : message;
}
