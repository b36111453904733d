import type { ProsoraError } from '@prosora/service';
import { DATABASE, ENGINE } from '../backup/parts.ts';
import type { Manifest } from '../repository/manifest.ts';
import type { Place } from '../repository/place.ts';
import { compose } from '../stack/compose.ts';

const DAY_MS = 86_400_000;
/** In what `prosora-collector restored` says where something waited. */
const HELD = /are held: (\d+)/;

/**
 * Tells the services, before they start, that they are not what they were: what the inbox and the bridge had still to do
 * at the time of the backup may have been done since. They ask those who know, and hold what nobody does. The collector
 * is told where there is no engine, which knows what it has.
 *
 * @returns what is left for a person, a sentence each
 */
export async function tellServices(
  place: Place,
  { startedAt }: Manifest,
  only: string | undefined,
): Promise<string[]> {
  const left: string[] = [];
  const tell = async (service: string, words: string[], otherwise: string) => {
    if (!place.services.includes(service)) return undefined;
    const run = ['run', '--rm', '-T', '--no-deps', service, ...words];
    return await compose(place.dir, run).catch((error: ProsoraError) => {
      left.push(`${otherwise} (${lastLine(error.message)})`);
      return undefined;
    });
  };
  if (only === undefined || only === 'webhooks' || only === DATABASE) {
    const days = Math.ceil((Date.now() - Date.parse(startedAt)) / DAY_MS) + 1;
    await tell(
      'webhooks',
      ['prosora-stripe', 'restored'],
      'Look at the payments of the last days: the inbox could not be told of the restore.',
    );
    left.push(
      `Payments since the backup: once STRIPE_SECRET_KEY is at hand, run \`docker compose exec -e STRIPE_SECRET_KEY webhooks prosora-stripe reconcile --since ${days}d --apply\`, then \`… list --state held,ambiguous\`.`,
    );
  }
  if (only === undefined || only === 'mail') {
    await tell(
      'mail',
      ['prosora-mail', 'restored', startedAt],
      'Look at the newsletters of the last days: the bridge could not be told of the restore.',
    );
  }
  if ((only === undefined || only === 'analytics') && !place.services.includes(ENGINE.name)) {
    const said = await tell(
      'analytics',
      ['prosora-collector', 'restored'],
      'Some page views may be counted twice: the collector could not be told of the restore.',
    );
    const [, held] = HELD.exec(said ?? '') ?? [];
    if (held) {
      left.push(
        `Page views that waited at the time of the backup are held, since Tinybird may have them: ${held}. \`docker compose exec analytics prosora-collector dead\` shows them; where Tinybird has not, \`… replay --anyway --batch NAME\` sends them.`,
      );
    }
  }
  return left;
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
