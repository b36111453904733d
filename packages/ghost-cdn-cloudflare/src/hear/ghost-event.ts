import * as z from 'zod';
import { EVERYTHING, type Paths } from '../changes/paths.ts';

const ghostEvent = z.object({ event: z.string() });

/**
 * Events after which readers may see another page. `site.changed` stands for every answer of Ghost's with
 * `X-Cache-Invalidate: /*`; the others are for a webhook that somebody made by hand.
 */
const VISIBLE =
  /^(site\.changed|(post|page)\.(published|published\.edited|unpublished|deleted|tag\.attached|tag\.detached)|tag\.(added|edited|deleted))$/;

/** What one of Ghost's webhooks makes old: everything, nothing, or undefined for a body that is not of Ghost's. */
export function changedBy(body: Uint8Array): { event: string; paths: Paths | null } | undefined {
  try {
    const { event } = ghostEvent.parse(JSON.parse(Buffer.from(body).toString()));
    return { event, paths: VISIBLE.test(event) ? EVERYTHING : null };
  } catch {
    return undefined;
  }
}
