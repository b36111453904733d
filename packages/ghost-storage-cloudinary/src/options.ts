import type { Option } from '@prosora/service/options';
import * as z from 'zod/mini';
import { FORMATS, SIZE_PATTERN } from './serve/sizes.ts';

/** An option of the adapter's block in Ghost's config; `env` names the variable that may set it too. */
export interface StorageOption extends Omit<Option, 'env'> {
  env?: string;
}

/** Ghost's config and the environment give numbers and booleans as text at times. */
const wholeNumber = (minimum: number, shape: string) =>
  z.pipe(
    z.transform((value) => (typeof value === 'string' && value !== '' ? Number(value) : value)),
    z.int(shape).check(z.gte(minimum, shape)),
  );

const flag = (shape: string) =>
  z.pipe(
    z.transform((value) => (value === 'true' ? true : value === 'false' ? false : value)),
    z.boolean(shape),
  );

const text = (pattern: RegExp, shape: string) => z.string(shape).check(z.regex(pattern, shape));

/** The origin of a vendor's service. Plain http is for stand-ins on this machine only. */
const origin = (shape: string) =>
  z.pipe(
    z.string(shape).check(z.refine((value) => parseOrigin(value) !== undefined, shape)),
    z.transform((value: string) => parseOrigin(value) ?? value),
  );

function parseOrigin(value: string): string | undefined {
  const url = URL.parse(value.includes('://') ? value : `https://${value}`);
  if (!url || url.search || url.hash || url.username) return undefined;
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) return undefined;
  return url.href.replace(/\/+$/, '');
}

const list = <Item extends z.ZodMiniType<string, string>>(item: Item, shape: string) =>
  z._default(z.array(item, shape), []);

const SIZE = new RegExp(`^${SIZE_PATTERN}$`);
const EAGER = new RegExp(`^${SIZE_PATTERN}(/format/(${FORMATS.join('|')}))?$`);
const FOLDER = /^(?!\/)(?!.*\/\/)(?!(?:.*\/)?v\d+(?:\/|$))[\w.@/-]*(?<!\/)$/;

/** Every option of the adapter, once. The block in Ghost's config wins over the environment. */
export const storageOptions = {
  cloudinaryUrl: {
    env: 'CLOUDINARY_URL',
    description:
      'Cloud name, key and secret in one, as the Cloudinary console shows them. `cloudName`, `apiKey` and `apiSecret` override it.',
    schema: z.optional(
      text(
        /^cloudinary:\/\/[^:@/]+:[^:@/]+@[^:@/?]+(\/[^?]*)?(\?.*)?$/,
        'expected cloudinary://<key>:<secret>@<cloud name>',
      ),
    ),
    defaultText: 'cloudName, apiKey and apiSecret must be set',
    example: 'cloudinary://<key>:<secret>@<cloud name>',
    secret: true,
  },
  cloudName: {
    env: 'CLOUDINARY_CLOUD_NAME',
    description: 'The name of your Cloudinary product environment.',
    schema: text(/^[\w-]+$/, 'expected letters, digits, "-" and "_"'),
    defaultText: 'from CLOUDINARY_URL',
  },
  apiKey: {
    env: 'CLOUDINARY_API_KEY',
    description: 'The API key.',
    schema: z.pipe(z.transform(numberAsText), text(/^\S+$/, 'expected text without spaces')),
    defaultText: 'from CLOUDINARY_URL',
  },
  apiSecret: {
    env: 'CLOUDINARY_API_SECRET',
    description: 'The API secret that belongs to the key.',
    schema: text(/^\S+$/, 'expected text without spaces'),
    defaultText: 'from CLOUDINARY_URL',
    secret: true,
  },
  store: {
    description:
      "Which of Ghost's three stores this block serves. Set it in the blocks of media and files.",
    schema: z._default(
      z.enum(['images', 'media', 'files'], 'expected "images", "media" or "files"'),
      'images',
    ),
    example: 'media',
  },
  delivery: {
    env: 'PROSORA_STORAGE_DELIVERY',
    description:
      "How readers reach files. `redirect`: the site's own URLs redirect to Cloudinary. `edge`: a proxy at the address in Ghost's `urls` fetches them, by the rules that `ghost-cloudinary edge` writes. `absolute`: every post holds Cloudinary's URLs and has no srcset.",
    schema: z._default(
      z.enum(['redirect', 'edge', 'absolute'], 'expected "redirect", "edge" or "absolute"'),
      'redirect',
    ),
    example: 'edge',
  },
  naming: {
    env: 'PROSORA_STORAGE_NAMING',
    description:
      'How a file gets a name that no other has. `readable` numbers equal names (`cat-1.jpg`). `hash` adds 16 digits of the hash of its bytes, which asks nothing of Cloudinary and suits several Ghosts that share a folder.',
    schema: z._default(z.enum(['readable', 'hash'], 'expected "readable" or "hash"'), 'readable'),
    example: 'hash',
  },
  folder: {
    env: 'PROSORA_STORAGE_FOLDER',
    description:
      'The folder with which every public_id begins, so that several sites can share a cloud; empty for none. Changing it hides what was uploaded before.',
    schema: z._default(
      text(
        FOLDER,
        'expected names separated by "/", of letters, digits and "_.@-", none like "v12"',
      ),
      'ghost',
    ),
    example: 'blog',
  },
  assetFolder: {
    env: 'PROSORA_STORAGE_ASSET_FOLDER',
    description:
      'The folder of the Media Library that shows the uploads, in an account with dynamic folders.',
    schema: z.optional(text(/\S/, 'expected the name of a folder')),
    defaultText: "Cloudinary's own choice",
    example: 'Blog',
  },
  folderMode: {
    env: 'PROSORA_STORAGE_FOLDER_MODE',
    description:
      "The account's folder mode; `ghost-cloudinary doctor` says which it is. With `dynamic`, uploads are placed in the folders of their public_id in the Media Library, where an account with `fixed` folders shows them anyway.",
    schema: z.optional(z.enum(['dynamic', 'fixed'], 'expected "dynamic" or "fixed"')),
    defaultText: 'an account with dynamic folders shows uploads in `assetFolder`, else at the top',
    example: 'dynamic',
  },
  tags: {
    description: 'Tags that every upload gets.',
    schema: list(text(/^[^,]+$/, 'expected tags without commas'), 'expected a list of tags'),
    example: '["blog"]',
  },
  sizes: {
    description:
      "Sizes that may be asked for besides Ghost's own and the theme's, where a proxy calls Cloudinary without asking Ghost.",
    schema: list(
      text(SIZE, 'expected sizes such as "w320" or "w640h480"'),
      'expected a list of sizes',
    ),
    example: '["w320"]',
  },
  eager: {
    description:
      'Sizes that Cloudinary makes as soon as an image is stored, so that no reader waits for the first one and an account with strict transformations delivers them.',
    schema: list(
      text(EAGER, 'expected sizes such as "w600" or "w600/format/webp"'),
      'expected a list of sizes',
    ),
    example: '["w600", "w1000/format/webp"]',
  },
  originals: {
    env: 'PROSORA_STORAGE_ORIGINALS',
    description:
      'Whether the full-size copy (`_o`) that Ghost makes of each uploaded image is stored too (`keep`) or not (`skip`). No page uses it.',
    schema: z._default(z.enum(['keep', 'skip'], 'expected "keep" or "skip"'), 'keep'),
    example: 'skip',
  },
  shrink: {
    env: 'PROSORA_STORAGE_SHRINK',
    description:
      "Whether an image over `imageMaxBytes` or `imageMaxPixels` is made smaller before it is sent. The `sharp` of Ghost's own install turns it upright and leaves out its location.",
    schema: z._default(flag('expected true or false'), false),
  },
  imageMaxBytes: {
    env: 'PROSORA_STORAGE_IMAGE_MAX_BYTES',
    description: 'The largest image that the plan takes; `ghost-cloudinary doctor` says how large.',
    schema: z._default(wholeNumber(1, 'expected a whole number of bytes'), 10_485_760),
    unit: 'bytes',
  },
  imageMaxPixels: {
    env: 'PROSORA_STORAGE_IMAGE_MAX_PIXELS',
    description:
      'The largest image of which the plan makes sizes; `ghost-cloudinary doctor` says how large.',
    schema: z._default(wholeNumber(1, 'expected a whole number of pixels'), 25_000_000),
    unit: 'pixels',
  },
  transformation: {
    env: 'PROSORA_STORAGE_TRANSFORMATION',
    description:
      'The transformation that follows each resize, as it stands in a delivery URL; it may be a named one (`t_mine`), and empty means none. Full-size images stay as they were uploaded, except in `absolute` mode.',
    schema: z._default(
      text(/^[\w,:.$!~/-]*$/, 'expected a transformation such as "q_auto" or "t_mine"'),
      'q_auto',
    ),
    example: 'q_auto:good',
  },
  redirectMaxAgeSeconds: {
    env: 'PROSORA_STORAGE_REDIRECT_MAX_AGE_SECONDS',
    description: 'How long browsers and proxies may keep the redirect to Cloudinary.',
    schema: z._default(wholeNumber(0, 'expected a whole number of seconds, 0 or more'), 86_400),
    unit: 's',
  },
  siteUrl: {
    env: 'PROSORA_STORAGE_SITE_URL',
    description: "Ghost's `url`. The folder in it becomes part of every stored URL.",
    schema: z.optional(
      z.string('expected a URL').check(z.refine((value) => URL.canParse(value), 'expected a URL')),
    ),
    defaultText: "read from the running Ghost's config",
    example: 'https://example.com/blog/',
  },
  contentPath: {
    env: 'PROSORA_STORAGE_CONTENT_PATH',
    description:
      "Ghost's content folder. Files that are in it are served from there, so that what was uploaded before this adapter still shows.",
    schema: z.optional(text(/\S/, 'expected the path of a folder')),
    defaultText: "read from the running Ghost's config, else `content` in the working directory",
    example: '/var/lib/ghost/content',
  },
  secureDistribution: {
    env: 'PROSORA_STORAGE_SECURE_DISTRIBUTION',
    description: 'The host that delivers your files: a CNAME or the host of a private CDN.',
    schema: z.optional(origin('expected a host or an https origin (http only on this machine)')),
    defaultText: '`res.cloudinary.com`, or `<cloud name>-res.cloudinary.com` with privateCdn',
    example: 'img.example.com',
  },
  privateCdn: {
    env: 'PROSORA_STORAGE_PRIVATE_CDN',
    description:
      'Whether that host serves your cloud alone, so that URLs leave out the cloud name.',
    schema: z._default(flag('expected true or false'), false),
  },
  uploadPrefix: {
    env: 'PROSORA_STORAGE_UPLOAD_PREFIX',
    description: 'The origin of the Cloudinary API, which differs by region.',
    schema: z._default(
      origin('expected an https origin (http only on this machine)'),
      'https://api.cloudinary.com',
    ),
    example: 'https://api-eu.cloudinary.com',
  },
  signedUrls: {
    env: 'PROSORA_STORAGE_SIGNED_URLS',
    description:
      'Whether delivery URLs are signed, as an account with strict transformations demands. With `sha256` as `signatureAlgorithm`, signatures have their long form.',
    schema: z._default(flag('expected true or false'), false),
  },
  signatureAlgorithm: {
    env: 'PROSORA_STORAGE_SIGNATURE_ALGORITHM',
    description: "The hash of the signatures, as the account's security settings name it.",
    schema: z._default(z.enum(['sha1', 'sha256'], 'expected "sha1" or "sha256"'), 'sha1'),
  },
  chunkBytes: {
    env: 'PROSORA_STORAGE_CHUNK_BYTES',
    description:
      'Files above this size are uploaded in parts of this size, each of which is retried by itself.',
    schema: z._default(
      wholeNumber(5 * 1024 * 1024, 'expected a whole number of bytes, 5242880 or more'),
      20_000_000,
    ),
    unit: 'bytes',
  },
  retries: {
    env: 'PROSORA_STORAGE_RETRIES',
    description: 'How many times a call that may succeed later is tried again.',
    schema: z._default(wholeNumber(0, 'expected a whole number, 0 or more'), 4),
  },
  timeoutMs: {
    env: 'PROSORA_STORAGE_TIMEOUT_MS',
    description:
      'How long one attempt may take; each part of a large file is an attempt of its own. For a file that `pull` brings, how long no byte may come.',
    schema: z._default(wholeNumber(1, 'expected a whole number of milliseconds'), 120_000),
    unit: 'ms',
  },
  deadlineMs: {
    env: 'PROSORA_STORAGE_DEADLINE_MS',
    description: 'How long all attempts at one call and the waits between them may take.',
    schema: z._default(wholeNumber(1, 'expected a whole number of milliseconds'), 300_000),
    unit: 'ms',
  },
} satisfies Record<string, StorageOption>;

/** The options by the names of the config block, parsed. */
export type StorageOptions = {
  [K in keyof typeof storageOptions]: z.output<(typeof storageOptions)[K]['schema']>;
};

function numberAsText(value: unknown): unknown {
  // Ghost turns a key of digits from its environment into a number.
  return typeof value === 'number' ? String(value) : value;
}
