import { randomUUID } from 'node:crypto';
import { type Finding, fail, ok, warn } from '@prosora/service';
import type { Usage } from '../cloudinary/admin-api.ts';
import type { Asset } from '../cloudinary/names.ts';
import { failureOf } from './failure.ts';
import type { Store } from './stores.ts';

/** A PNG of one pixel, and the same with another colour. */
const PIXELS = [
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
].map((text) => new Blob([Buffer.from(text, 'base64')]));

const PDF = new Blob(['%PDF-1.4\n%%EOF\n']);

/** More than this and Cloudinary refuses signatures: they may be an hour old. */
const CLOCK_LEEWAY_MS = 10 * 60 * 1000;

/** What is looked at once the credentials are right, in order, by its name. */
const LOOKS = { plan: examinePlan, folders: examineFolders, uploads: examineUploads };

/** Looks at the account with real calls. What it stored for that is gone before a word is said of it. */
export async function* examineAccount(store: Store): AsyncGenerator<Finding> {
  try {
    yield* await examineCredentials(store);
  } catch (error) {
    yield failureOf('credentials', error);
    // Nothing else can be asked then.
    return;
  }
  for (const [name, look] of Object.entries(LOOKS)) {
    try {
      yield* await look(store);
    } catch (error) {
      yield failureOf(name, error);
    }
  }
}

async function examineCredentials({ admin, options }: Store): Promise<Finding[]> {
  const { clock } = await admin.ping();
  const findings = [ok('credentials', `They are those of the cloud ${options.cloudName}.`)];
  const aheadMs = clock === undefined ? 0 : Date.now() - clock;
  if (Math.abs(aheadMs) > CLOCK_LEEWAY_MS) {
    const minutes = Math.round(aheadMs / 60_000);
    const sentence = `This machine's clock is ${minutes} minutes off Cloudinary's.`;
    findings.push(fail('clock', sentence, 'Set it by NTP.'));
  }
  return findings;
}

async function examinePlan({ admin, options }: Store): Promise<Finding[]> {
  const { plan, credits, media_limits: limits } = await admin.usage();
  const used = credits?.limit ? `; ${credits.usage} of ${credits.limit} credits are used` : '';
  const findings = [ok('plan', `The plan ${plan} takes ${limitsOf(limits)}${used}.`)];
  const { image_max_size_bytes: bytes, image_max_px: pixels } = limits;
  if (options.shrink && (options.imageMaxBytes > bytes || options.imageMaxPixels > pixels)) {
    const remedy = `Set imageMaxBytes to ${bytes} and imageMaxPixels to ${pixels}.`;
    findings.push(fail('shrink', 'It lets images pass that the plan refuses.', remedy));
  }
  return findings;
}

function limitsOf(limits: Usage['media_limits']): string {
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  const { image_max_size_bytes, video_max_size_bytes, raw_max_size_bytes, image_max_px } = limits;
  return (
    `images of up to ${mebibytes(image_max_size_bytes)} (sizes of up to ${image_max_px / 1e6} megapixels), ` +
    `videos of up to ${mebibytes(video_max_size_bytes)} and other files of up to ${mebibytes(raw_max_size_bytes)}`
  );
}

async function examineFolders({ admin, options }: Store): Promise<Finding[]> {
  const mode = await admin.folderMode();
  if (mode === undefined) return [warn('folders', 'The account does not tell its folder mode.')];
  if (options.folderMode !== undefined && options.folderMode !== mode) {
    return [fail('folders', `The account has ${mode} folders.`, `Set folderMode to "${mode}".`)];
  }
  if (mode === 'dynamic' && options.folderMode === undefined && options.assetFolder === undefined) {
    return [
      warn(
        'folders',
        'They are dynamic, so uploads show at the top of the Media Library.',
        'Set folderMode to "dynamic" to have them in folders.',
      ),
    ];
  }
  return [ok('folders', `They are ${mode}.`)];
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
      ok('uploads', 'They are accepted.'),
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
    return ok('sizes', `They are made for ${options.signedUrls ? 'signed' : 'unsigned'} URLs.`);
  }
  const said = response.headers.get('x-cld-error') ?? `HTTP ${response.status}`;
  return response.status === 401 && !options.signedUrls
    ? fail('sizes', `The account has strict transformations (${said}).`, 'Set signedUrls to true.')
    : fail('sizes', `One is refused: ${said}.`, 'Check transformation and secureDistribution.');
}

async function examinePdf({ urls }: Store, paper: Asset): Promise<Finding> {
  const response = await fetch(urls.original(paper));
  await response.body?.cancel();
  if (response.ok) return ok('pdf', 'PDF and ZIP files are delivered.');
  return fail(
    'pdf',
    `PDF and ZIP files are stored and not delivered (HTTP ${response.status}).`,
    'Allow it in the console: Settings, Security, PDF and ZIP files delivery.',
  );
}

function examineRace({ options }: Store, isAtomic: boolean): Finding {
  if (isAtomic)
    return ok('names', 'Two uploads of one name at once end as one: overwrite=false is atomic.');
  if (options.naming === 'hash')
    return ok('names', 'They hold a hash, so no two files want the same.');
  return warn(
    'names',
    'Two uploads of one name at once both succeeded. One Ghost process is safe, and several mend it a second later.',
    'Set naming to "hash" to do away with it.',
  );
}
