import { randomUUID } from 'node:crypto';
import type { Usage } from '../cloudinary/admin-api.ts';
import type { Asset } from '../cloudinary/names.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { sentenceOf } from './remote-list.ts';
import type { Store } from './stores.ts';

/** A PNG of one pixel, and the same with another colour. */
const PIXELS = [
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
].map((text) => new Blob([Buffer.from(text, 'base64')]));

const PDF = new Blob(['%PDF-1.4\n%%EOF\n']);

/** More than this and Cloudinary refuses signatures: they may be an hour old. */
const CLOCK_LEEWAY_MS = 10 * 60 * 1000;

/** Looks at the account with real calls, and removes what it stored for that. */
export async function examineAccount(store: Store): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    findings.push(...(await examineCredentials(store)));
  } catch (error) {
    // Nothing else can be asked then.
    return [problem('credentials', sentenceOf(error))];
  }
  for (const look of [examinePlan, examineFolders, examineUploads]) {
    try {
      findings.push(...(await look(store)));
    } catch (error) {
      findings.push(problem(NAME_OF.get(look) ?? 'account', sentenceOf(error)));
    }
  }
  return findings;
}

async function examineCredentials({ admin, options }: Store): Promise<Finding[]> {
  const { clock } = await admin.ping();
  const findings = [ok('credentials', `are those of the cloud ${options.cloudName}.`)];
  const aheadMs = clock === undefined ? 0 : Date.now() - clock;
  if (Math.abs(aheadMs) > CLOCK_LEEWAY_MS) {
    const minutes = Math.round(aheadMs / 60_000);
    findings.push(
      problem(
        'clock',
        `This machine's clock is ${minutes} minutes off Cloudinary's. Set it by NTP.`,
      ),
    );
  }
  return findings;
}

async function examinePlan({ admin, options }: Store): Promise<Finding[]> {
  const { plan, credits, media_limits: limits } = await admin.usage();
  const used = credits?.limit ? `, ${credits.usage} of ${credits.limit} credits used` : '';
  const findings = [ok('plan', `${plan}${used}; largest files: ${limitsOf(limits)}.`)];
  const { image_max_size_bytes: bytes, image_max_px: pixels } = limits;
  if (options.shrink && (options.imageMaxBytes > bytes || options.imageMaxPixels > pixels)) {
    findings.push(
      problem(
        'shrink',
        `lets images pass that the plan refuses. Set imageMaxBytes to ${bytes} and imageMaxPixels to ${pixels}.`,
      ),
    );
  }
  return findings;
}

function limitsOf(limits: Usage['media_limits']): string {
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  const { image_max_size_bytes, video_max_size_bytes, raw_max_size_bytes, image_max_px } = limits;
  return (
    `image ${mebibytes(image_max_size_bytes)} (sizes up to ${image_max_px / 1e6} megapixels), ` +
    `video ${mebibytes(video_max_size_bytes)}, other ${mebibytes(raw_max_size_bytes)}`
  );
}

async function examineFolders({ admin, options }: Store): Promise<Finding[]> {
  const mode = await admin.folderMode();
  if (mode === undefined) return [warning('folders', 'The account does not tell its folder mode.')];
  if (options.folderMode !== undefined && options.folderMode !== mode) {
    return [problem('folders', `The account has ${mode} folders. Set folderMode to "${mode}".`)];
  }
  if (mode === 'dynamic' && options.folderMode === undefined && options.assetFolder === undefined) {
    return [
      warning(
        'folders',
        'are dynamic, so uploads show at the top of the Media Library. Set folderMode to "dynamic" to have them in folders.',
      ),
    ];
  }
  return [ok('folders', `are ${mode}.`)];
}

/** What only an upload shows: delivery of PDFs, strict transformations, atomic `overwrite=false`. */
async function examineUploads(store: Store): Promise<Finding[]> {
  const { cloudinary, names } = store;
  const run = `doctor/${randomUUID()}`;
  const [picture, paper, race] = ['a.png', 'a.pdf', 'race.png'].map((name) =>
    names.assetOf(`${run}/${name}`),
  ) as [Asset, Asset, Asset];
  try {
    const upload = (asset: Asset, bytes: Blob) =>
      cloudinary.upload(asset, bytes, { overwrite: false });
    await upload(picture, PIXELS[0] as Blob);
    await upload(paper, PDF);
    const both = await Promise.all(PIXELS.map((bytes) => upload(race, bytes)));
    return [
      ok('uploads', 'are accepted.'),
      await examineTransformations(store, picture),
      await examinePdf(store, paper),
      examineRace(store, both.filter(({ existing }) => existing).length === 1),
    ];
  } finally {
    await Promise.all([picture, paper, race].map((asset) => cloudinary.destroy(asset)));
  }
}

async function examineTransformations({ urls, options }: Store, picture: Asset): Promise<Finding> {
  const response = await fetch(urls.sized(picture, { width: 1 }));
  await response.body?.cancel();
  if (response.ok) {
    return ok(
      'sizes',
      `are made${options.signedUrls ? ' for signed URLs' : ' for unsigned URLs'}.`,
    );
  }
  const said = response.headers.get('x-cld-error') ?? `HTTP ${response.status}`;
  if (response.status === 401 && !options.signedUrls) {
    return problem(
      'sizes',
      `The account has strict transformations (${said}). Set signedUrls to true.`,
    );
  }
  return problem(
    'sizes',
    `A size is refused: ${said}. Check transformation and secureDistribution.`,
  );
}

async function examinePdf({ urls }: Store, paper: Asset): Promise<Finding> {
  const response = await fetch(urls.original(paper));
  await response.body?.cancel();
  if (response.ok) return ok('pdf', 'PDF and ZIP files are delivered.');
  return problem(
    'pdf',
    `PDF and ZIP files are stored and not delivered (HTTP ${response.status}). Allow it in the console: Settings, Security, PDF and ZIP files delivery.`,
  );
}

function examineRace({ options }: Store, isAtomic: boolean): Finding {
  if (isAtomic)
    return ok('names', 'Two uploads of one name at once end as one: overwrite=false is atomic.');
  if (options.naming === 'hash') return ok('names', 'hold a hash, so no two files want the same.');
  return warning(
    'names',
    'Two uploads of one name at once both succeeded. One Ghost process is safe, and several mend it a second later; naming "hash" does away with it.',
  );
}

const NAME_OF = new Map<unknown, string>([
  [examinePlan, 'plan'],
  [examineFolders, 'folders'],
  [examineUploads, 'uploads'],
]);
