import { readUnknownRoutes } from '../accept/unknown-routes.ts';
import { describeChunks } from '../send/status.ts';
import { readImports } from '../store/imports.ts';
import type { OpenedMailStore } from '../store/store.ts';
import type { Finding } from './finding.ts';

/** What Ghost handed over, and whether all of it is sent. */
export async function checkNewsletters({ store, queues }: OpenedMailStore): Promise<Finding> {
  const what = 'newsletters';
  const { newest } = await store.db
    .selectFrom('message')
    .select(({ fn }) => fn.max('accepted_at').as('newest'))
    .where('lane', '=', 'newsletter')
    .executeTakeFirstOrThrow();
  if (newest === null) return { what, ok: true, sentence: 'None has come from Ghost yet.' };
  const at = new Date(Number(newest)).toISOString();
  const sentence = `The newest came at ${at}; chunks: ${await describeChunks(queues)}.`;
  return { what, ok: true, sentence };
}

/** Which suppressions were brought along. */
export async function checkImports({ store }: OpenedMailStore): Promise<Finding> {
  const what = 'suppressions';
  const imports = Object.entries(await readImports(store));
  const files = imports.map(
    ([file, { addresses, at }]) => `${addresses} from ${file} at ${new Date(at).toISOString()}`,
  );
  const sentence =
    files.length > 0
      ? `Brought along: ${files.join(', ')}.`
      : 'None were brought along; those of Mailgun are with "prosora-mail import-suppressions".';
  return { what, ok: true, sentence };
}

/** What a newer Ghost wants of Mailgun that the bridge does not know: it was refused, and nothing else was lost. */
export async function checkRoutes({ store }: OpenedMailStore): Promise<Finding> {
  const what = 'requests';
  const routes = Object.entries(await readUnknownRoutes(store));
  if (routes.length === 0)
    return { what, ok: true, sentence: 'All that came from Ghost is known.' };
  const asked = routes.map(
    ([route, { at, times }]) => `${route} (${times} times, last at ${new Date(at).toISOString()})`,
  );
  const sentence = `Ghost asked for what this version does not know, and was refused: ${asked.join(', ')}. Mail goes on; look for a newer version of the bridge.`;
  return { what, ok: true, sentence };
}
