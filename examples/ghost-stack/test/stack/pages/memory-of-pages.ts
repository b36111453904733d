import { askEdge, type EdgeAnswer, type EdgeRequest } from '../edge.ts';
import { signIn } from '../people.ts';
import { exec } from '../stack.ts';

/** How an answer came, by its `Cache-Status` (RFC 9211): from memory, from Ghost to be kept, or from Ghost alone. */
export type Way = 'hit' | 'miss' | 'bypass' | 'none';

/** Reads that header. */
export function wayOf({ headers }: EdgeAnswer): Way {
  const status = String(headers['cache-status'] ?? '');
  if (status.startsWith('pages; hit')) return 'hit';
  if (status === 'pages; fwd=uri-miss') return 'miss';
  return status === 'pages; fwd=bypass' ? 'bypass' : 'none';
}

/** Asks twice and says how each answer came. */
export async function waysOf(path: string, options: EdgeRequest = {}): Promise<Way[]> {
  return [wayOf(await askEdge(path, options)), wayOf(await askEdge(path, options))];
}

/** What a service of the stack is answered at the private door. */
export async function purge(authorization?: string, method = 'PURGE'): Promise<number> {
  const headers = JSON.stringify(authorization ? { authorization } : {});
  const script = `fetch('http://pages:6081/', { method: '${method}', headers: ${headers} }).then(({ status }) => console.log(status))`;
  return Number(await exec('ghost', 'node', '-e', script));
}

/** When the site last changed, as a service of the stack is told, and before that question. */
export async function siteChanged(
  method: 'GET' | 'PURGE',
): Promise<{ now: string; before: string }> {
  const script = `const authorization = 'Bearer ' + require('node:fs').readFileSync('/run/secrets/pages_token', 'utf8');
    fetch('http://pages:6081/', { method: '${method}', headers: { authorization } }).then(({ headers }) =>
      console.log(JSON.stringify({ now: headers.get('site-changed'), before: headers.get('site-changed-before') })))`;
  return JSON.parse(await exec('ghost', 'node', '-e', script));
}

/** Drops all pages, as the README says. */
export async function flush(): Promise<void> {
  await exec('ghost', 'node', '/opt/prosora/flush-pages.mjs');
}

let made: string | undefined;

/** A key of the Content API. */
export async function contentKey(): Promise<string> {
  if (made !== undefined) return made;
  const admin = await signIn();
  const integration = await admin.integrations.add({ name: `Reader ${Date.now()}` });
  const keys = integration['api_keys'] as { type: string; secret: string }[];
  made = keys.find(({ type }) => type === 'content')?.secret ?? '';
  return made;
}

/** Does something so often, by so many at a time. */
export async function repeat(
  count: number,
  width: number,
  work: (n: number) => Promise<unknown>,
): Promise<void> {
  let begun = 0;
  const one = async () => {
    while (begun < count) await work(begun++);
  };
  await Promise.all(Array.from({ length: width }, one));
}
