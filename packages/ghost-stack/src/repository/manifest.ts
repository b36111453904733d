import { ProsoraError } from '@prosora/service';
import * as z from 'zod';

const rows = z.record(z.string(), z.number());

/** What a backup says of itself: kept as its last snapshot, so that what was cut off has none. */
export const manifestSchema = z.object({
  version: z.literal(1),
  /** Such as `2026-11-29T03-00-00Z-1f0a`. */
  run: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  /** The image that each service ran on. */
  images: z.record(z.string(), z.string()),
  /** In the order in which they were taken. */
  parts: z.array(
    z.object({
      name: z.string(),
      /** Of restic. */
      snapshot: z.string(),
      takenAt: z.iso.datetime(),
      /** By table; for a part that is no database, none. */
      rows,
      /** Of its files; undefined where nobody has counted them. */
      bytes: z.number().optional(),
      binlog: z.object({ file: z.string(), position: z.number() }).optional(),
      /** The engine's own name of it. */
      engineBackup: z.string().optional(),
    }),
  ),
});

export type Manifest = z.output<typeof manifestSchema>;
/** One thing that a backup is made of. */
export type TakenPart = Manifest['parts'][number];

/** @throws ProsoraError `BACKUP_DAMAGED` where a backup has no such part */
export function takenIn({ parts }: Manifest, wanted: string): TakenPart {
  const part = parts.find(({ name }) => name === wanted);
  if (part) return part;
  throw new ProsoraError('BACKUP_DAMAGED', `The backup has no part "${wanted}".`);
}
