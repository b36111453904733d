/** Which Tinybird, or what speaks like it. */
export interface TinybirdOptions {
  url: string;
  token: string;
  datasource: string;
  /** (Default: 20,000) */
  timeoutMs?: number;
}

/** What became of a row. */
type SendOutcome =
  | { kind: 'accepted' }
  /** It will never be taken. */
  | { kind: 'refused'; reason: string }
  /** It may be taken later. */
  | { kind: 'unavailable'; reason: string }
  /** Nothing will be taken until a person has changed the token, the address or the data source. */
  | { kind: 'misconfigured'; reason: string };

/** The Events API: https://www.tinybird.co/docs/api-reference/events-api */
export interface Tinybird {
  /** Sends a row and waits until it is written; never throws. */
  send(ndjson: string, batch: string, signal: AbortSignal): Promise<SendOutcome>;
}

/** The engine knows a batch by this header and takes it once; Tinybird ignores it. */
const BATCH_HEADER = 'prosora-batch';

const MISCONFIGURED = new Set([401, 403, 404, 405]);
const TRANSIENT = new Set([408, 425, 429]);

/** Makes the client of one data source. */
export function createTinybird(options: TinybirdOptions): Tinybird {
  const { url, token, datasource, timeoutMs = 20_000 } = options;
  const target = `${url.replace(/\/$/, '')}/v0/events?name=${datasource}&wait=true`;

  return {
    async send(ndjson, batch, signal) {
      try {
        const response = await fetch(target, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/x-ndjson',
            [BATCH_HEADER]: batch,
          },
          body: ndjson,
          redirect: 'manual',
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        });
        return outcomeOf(response, await response.text());
      } catch (error) {
        return { kind: 'unavailable', reason: (error as Error).message };
      }
    },
  };
}

function outcomeOf({ ok, status }: Response, text: string): SendOutcome {
  const reason = `${status}: ${text.slice(0, 300)}`;
  if (ok)
    return text.includes('"quarantined_rows":1')
      ? { kind: 'refused', reason }
      : { kind: 'accepted' };
  if (status >= 500 || TRANSIENT.has(status)) return { kind: 'unavailable', reason };
  if (MISCONFIGURED.has(status) || status < 400) return { kind: 'misconfigured', reason };
  return { kind: 'refused', reason };
}
