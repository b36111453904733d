import { type IncomingHttpHeaders, request } from 'node:http';
import { request as secureRequest } from 'node:https';

/** One question over HTTP. */
export interface JsonQuestion {
  /** Sent as they are, `Host` too. */
  headers: Readonly<Record<string, string>>;
  /** What is posted; without it the question is a GET. */
  json?: object | undefined;
  /** From the call to the last byte of the answer, so that one that trickles holds nobody. */
  timeoutMs: number;
  /** The longest answer, as the length of its text. */
  maxChars: number;
  /** Whether it gets a connection of its own. (Default: one that is open may be taken) */
  isAlone?: boolean;
}

/** What was answered, whatever its status. */
export interface JsonAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Undefined for what is no JSON, as from somebody between. */
  body: unknown;
}

/**
 * Asks a server that answers with JSON. Not by `fetch`, which writes headers of its own, and gives up an answer that
 * begins after five minutes whatever its signal says.
 *
 * @throws Error what Node says of a connection that was not made or broke, of the time that is over, or that the answer is
 * too long; `wasNeverSent` tells which of them left nothing done
 */
export function exchangeJson(address: URL, question: JsonQuestion): Promise<JsonAnswer> {
  const { headers, json, timeoutMs, maxChars, isAlone = false } = question;
  const send = address.protocol === 'https:' ? secureRequest : request;
  const options = {
    method: json === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...(json && { 'content-type': 'application/json' }) },
    signal: AbortSignal.timeout(timeoutMs),
    ...(isAlone && { agent: false }),
  };
  return new Promise((resolve, reject) => {
    const asked = send(address, options, async (response) => {
      try {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) {
          text += chunk;
          if (text.length > maxChars) throw new Error('The answer is longer than that can be.');
        }
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: parseJson(text) });
      } catch (error) {
        reject(error);
      }
    });
    asked.once('error', reject);
    asked.end(json && JSON.stringify(json));
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
