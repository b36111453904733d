import { ProsoraError } from '@prosora/service';
import * as z from 'zod';
import type { Cloudflare } from './api.ts';

const zoneSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string().default('active'),
  plan: z.object({ legacy_id: z.string().optional() }).optional(),
});

/** A zone of the account. */
export type Zone = z.output<typeof zoneSchema>;

/**
 * Finds the zone of a site: the one that was named, else the one whose name ends the site's.
 *
 * @throws ProsoraError `CLOUDFLARE`, `ZONE_UNKNOWN`
 */
async function findZone(
  cloudflare: Cloudflare,
  host: string,
  zoneId: string | undefined,
): Promise<Zone> {
  if (zoneId !== undefined) return await cloudflare.get(`/zones/${zoneId}`, zoneSchema);
  const labels = host.split('.');
  for (let from = 0; from < labels.length - 1; from += 1) {
    const name = labels.slice(from).join('.');
    const [zone] = await cloudflare.get(`/zones?name=${name}`, z.array(zoneSchema));
    if (zone !== undefined) return zone;
  }
  throw new ProsoraError('ZONE_UNKNOWN', `The token sees no zone that ${host} is in.`, {
    help: 'Give it Zone: Read for that zone, or set CLOUDFLARE_ZONE_ID.',
  });
}

/** Finds a zone once, and again as long as it could not be found. @throws ProsoraError as `findZone` */
export function createZoneFinder(
  cloudflare: Cloudflare,
  host: string,
  zoneId: string | undefined,
): () => Promise<Zone> {
  let found: Promise<Zone> | undefined;
  return () => {
    found ??= findZone(cloudflare, host, zoneId).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}
