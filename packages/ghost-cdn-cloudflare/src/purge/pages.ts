import { failureCodeOf } from '@prosora/service';

/** Where the memory of pages is asked and told. */
export interface PagesOptions {
  url: string;
  token: string;
}

/** What `pages` says of itself: its mark changes whenever it took the site for changed. */
interface PagesMark {
  /** Empty after a start, until something changes. */
  mark: string;
  /** The mark before this call. */
  before: string;
}

/** The memory of pages in front of Ghost. */
export interface Pages {
  /** @throws Error with a sentence, when it does not answer or refuses */
  look(signal?: AbortSignal): Promise<PagesMark>;
  /** Makes all it has old; the mark is the one after. Throws as `look`. */
  purge(signal?: AbortSignal): Promise<PagesMark>;
}

const MARK = 'site-changed';
const BEFORE = 'site-changed-before';
const TIMEOUT_MS = 5_000;

/** Creates the client of `pages`: `PURGE` empties it and `GET` looks, both with its token. */
export function createPages({ url, token }: PagesOptions): Pages {
  async function ask(method: 'GET' | 'PURGE', signal?: AbortSignal): Promise<PagesMark> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}` },
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    }).catch((error: unknown) => {
      throw new Error(`pages does not answer: ${failureCodeOf(error)}`);
    });
    await response.arrayBuffer().catch(() => undefined);
    if (!response.ok) throw new Error(`pages answered ${response.status} to ${method}`);
    const { headers } = response;
    return { mark: headers.get(MARK) ?? '', before: headers.get(BEFORE) ?? '' };
  }
  return { look: (signal) => ask('GET', signal), purge: (signal) => ask('PURGE', signal) };
}
