import { type Finding, findingSchema } from '@prosora/service';
import * as z from 'zod';
import { readLines } from '../logs/read-lines.ts';
import { settingReader } from '../settings/effective.ts';
import { askAdapter } from './in-ghost.ts';

const share = z.object({ usage: z.number().optional(), limit: z.number().optional() });

/** What `ghost-cloudinary usage` answers. */
const usage = z.object({
  cloudName: z.string(),
  plan: z.string(),
  updatedAt: z.string().nullable().describe('The day that the numbers are of'),
  credits: share.nullable().describe('Used and in the plan'),
  storageBytes: z.number().nullable(),
  bandwidthBytes: z.number().nullable().describe('In 30 days'),
  transformations: z.number().nullable().describe('In 30 days'),
  originals: z.number().nullable(),
});

/** Where images, media and files are, and how that goes. */
export const siteMedia = z.object({
  kind: z.string().describe('MEDIA: cloudinary, s3 or local'),
  usage: usage.nullable().describe('null without Cloudinary'),
  findings: z.array(findingSchema).describe('Of the adapter’s doctor, where it was asked for'),
  failures: z
    .array(z.object({ at: z.string(), code: z.string().describe('That of the adapter') }))
    .describe('What failed, as far as Ghost’s log is kept, the newest first'),
});
export type SiteMedia = z.infer<typeof siteMedia>;

const DAY_MS = 86_400_000;
/** How far back failures are looked for. */
export const FAILURE_DAYS = 7;
const MOST_FAILURES = 100;

/** What the adapter calls a failure in Ghost's log; a reader's question for what is not there is none. */
const CODE =
  /\b(CLOUDINARY_(?!NOT_FOUND)[A-Z_]+|NO_FREE_NAME|IMAGE_CANNOT_SHRINK|UPLOAD_UNREADABLE|DISK_FAILED)\b/;

/**
 * Asks the command of the storage adapter what is used, and Ghost's log what failed.
 *
 * @param isExamined whether the adapter's doctor looks too, which uploads and removes three small files
 * @throws what `askAdapter` throws
 */
export async function mediaOfSite(
  dir: string,
  { isExamined }: { isExamined: boolean },
): Promise<SiteMedia> {
  const kind = settingReader(dir)('MEDIA') || 'cloudinary';
  if (kind !== 'cloudinary') return { kind, usage: null, findings: [], failures: [] };
  const ask = (word: string) => askAdapter(dir, ['ghost-cloudinary', word]);
  return {
    kind,
    usage: usage.parse(await ask('usage')),
    findings: isExamined ? ((await ask('doctor')) as Finding[]) : [],
    failures: await failuresIn(dir),
  };
}

/** A failure fills several lines of Ghost's log within a second, and is one. */
async function failuresIn(dir: string): Promise<SiteMedia['failures']> {
  const since = new Date(Date.now() - FAILURE_DAYS * DAY_MS);
  const found = new Map<string, SiteMedia['failures'][number]>();
  for await (const { time, text } of readLines(dir, { services: ['ghost'], since })) {
    const [code] = CODE.exec(text) ?? [];
    if (code === undefined) continue;
    const at = `${time.slice(0, 19)}Z`;
    found.set(`${at} ${code}`, { at, code });
  }
  const newest = [...found.values()].sort((one, other) => other.at.localeCompare(one.at));
  return newest.slice(0, MOST_FAILURES);
}
