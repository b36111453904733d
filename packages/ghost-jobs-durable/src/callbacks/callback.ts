/** A call that Ghost asks for: its URL ends with a token that signs in for hours. */
export interface ScheduledJob {
  time: number | string;
  url: string;
  extra?: { httpMethod?: string };
}

/** A call to Ghost at a time. */
export interface Callback {
  /** Method, path and time; never the token, so the same call under another key is the same. */
  id: string;
  method: string;
  /** Holds the token: it is for memory alone, and for no log. */
  url: string;
  /** Ms since 1970. */
  time: number;
}

/** What is kept of it. */
export type KeptCallback = Pick<Callback, 'method' | 'time'> & { path: string };

export function callbackOf({ time, url, extra }: ScheduledJob): Callback {
  const at = new Date(time);
  const method = extra?.httpMethod ?? 'PUT';
  return { id: `${method} ${pathOf(url)} @ ${at.toISOString()}`, method, url, time: at.getTime() };
}

export function encodeCallback({ method, time, url }: Callback): Uint8Array {
  return Buffer.from(JSON.stringify({ method, path: pathOf(url), time } satisfies KeptCallback));
}

export function decodeCallback(bytes: Uint8Array): KeptCallback {
  return JSON.parse(Buffer.from(bytes).toString());
}

/** The path behind the one of the Admin API. */
function pathOf(url: string): string {
  const { pathname } = new URL(url);
  return pathname.replace(/^.*\/ghost\/api\/admin(?=\/)/, '').slice(0, 200);
}
