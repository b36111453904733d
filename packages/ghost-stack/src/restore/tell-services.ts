import type { ProsoraError } from '@prosora/service';
import { DATABASE } from '../backup/parts.ts';
import type { Manifest } from '../repository/manifest.ts';
import type { Place } from '../repository/place.ts';
import { compose } from '../stack/compose.ts';

const DAY_MS = 86_400_000;

/**
 * Tells the services, before they start, that they are not what they were: what the inbox and the bridge had still to do
 * at the time of the backup may have been done since. They ask those who know, and hold what nobody does.
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
    if (!place.services.includes(service)) return;
    const run = ['run', '--rm', '-T', '--no-deps', service, ...words];
    await compose(place.dir, run).catch((error: ProsoraError) => {
      left.push(`${otherwise} (${lastLine(error.message)})`);
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
  return left;
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
