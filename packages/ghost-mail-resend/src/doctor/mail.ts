import { type Finding, ok, warn } from '@prosora/service';
import { readUnknownRoutes } from '../accept/unknown-routes.ts';
import { countChunks, describeChunks } from '../send/status.ts';
import { readImports } from '../store/imports.ts';
import type { OpenedMailStore } from '../store/store.ts';

/** What Ghost handed over, and whether all of it is sent. */
export async function checkNewsletters({ store, queues }: OpenedMailStore): Promise<Finding> {
  const name = 'newsletters';
  const { newest } = await store.db
    .selectFrom('message')
    .select(({ fn }) => fn.max('accepted_at').as('newest'))
    .where('lane', '=', 'newsletter')
    .executeTakeFirstOrThrow();
  if (newest === null) return ok(name, 'None has come from Ghost yet.');
  const at = new Date(Number(newest)).toISOString();
  const chunks = describeChunks(await countChunks(queues));
  return ok(name, `The newest came at ${at}; chunks: ${chunks}.`);
}

/** Which suppressions were brought along. */
export async function checkImports({ store }: OpenedMailStore): Promise<Finding> {
  const name = 'suppressions';
  const imports = Object.entries(await readImports(store));
  const files = imports.map(
    ([file, { addresses, at }]) => `${addresses} from ${file} at ${new Date(at).toISOString()}`,
  );
  if (files.length > 0) return ok(name, `Brought along: ${files.join(', ')}.`);
  const how = '"prosora-mail import-suppressions" brings those of Mailgun';
  return ok(name, `None were brought along; ${how}.`);
}

/** What a newer Ghost wants of Mailgun that the bridge does not know: it was refused, and nothing else was lost. */
export async function checkRoutes({ store }: OpenedMailStore): Promise<Finding> {
  const name = 'requests';
  const routes = Object.entries(await readUnknownRoutes(store));
  if (routes.length === 0) return ok(name, 'All that came from Ghost is known.');
  const asked = routes.map(
    ([route, { at, times }]) => `${route} (${times} times, last at ${new Date(at).toISOString()})`,
  );
  return warn(
    name,
    `Ghost asked for what this version does not know, and was refused: ${asked.join(', ')}.`,
    'Mail goes on; look for a newer version of the bridge.',
  );
}
