import utils from 'cloudinary/lib/utils/index.js';

/** The keys of eexit/ghost-storage-cloudinary 3, and `configuration` of the adapter it was forked from. */
const EEXIT_KEYS = ['auth', 'upload', 'fetch', 'useDatedFolder', 'plugins', 'configuration'];

/**
 * When the block is one for eexit/ghost-storage-cloudinary: a sentence with the same configuration in
 * our words, its secret left out. Undefined for any other block.
 */
export function eexitAdvice(block: Record<string, unknown>): string | undefined {
  const found = [...EEXIT_KEYS, 'cloud_name', 'api_key', 'api_secret'].filter(
    (key) => key in block,
  );
  if (found.length === 0) return undefined;

  const legacy = objectOf(block['configuration']);
  const auth = objectOf(block['auth'] ?? block);
  const upload = objectOf(block['upload'] ?? legacy['file']);
  const fetch = objectOf(block['fetch'] ?? legacy['image']);
  const equivalent = {
    cloudName: auth['cloud_name'] ?? '<cloud name>',
    apiKey: auth['api_key'] ?? '<API key>',
    apiSecret: '<API secret>',
    folder: upload['folder'],
    assetFolder: upload['asset_folder'],
    tags: tagsOf(upload['tags']),
    transformation: transformationOf(fetch),
    ...distributionOf({ ...auth, ...fetch }),
    signedUrls: fetch['sign_url'] ? true : undefined,
  };
  const dropped = [...droppedOfUpload(upload), ...droppedOfFetch(fetch)];
  const left = dropped.length > 0 ? ` Without a counterpart: ${dropped.join(', ')}.` : '';
  return (
    `This is a configuration of eexit/ghost-storage-cloudinary (${found.join(', ')}). ` +
    `The same for this adapter is ${JSON.stringify(equivalent)}. Folders are always dated, names are ` +
    `kept and made unique, and srcset takes the place of the RetinaJS plugin.${left} ` +
    'Posts keep the URLs that they have; docs/moving-from-eexit.md says how to bring those in.'
  );
}

/** `use_filename`, `unique_filename` and `overwrite` are what this adapter does in any case. */
const TRANSLATED_UPLOAD = new Set(
  'folder asset_folder tags use_filename unique_filename overwrite'.split(' '),
);

function droppedOfUpload(upload: Record<string, unknown>): string[] {
  return Object.keys(upload)
    .filter((key) => !TRANSLATED_UPLOAD.has(key))
    .map((key) => `upload.${key}`);
}

/** What eexit's URLs had that ours have not; `analytics` is what ours never carry. */
function droppedOfFetch({ cname, ...fetch }: Record<string, unknown>): string[] {
  const dropped = fetch['secure'] === false ? ['fetch.secure (always https)'] : [];
  for (const key of ['cdn_subdomain', 'secure_cdn_subdomain']) {
    if (fetch[key]) dropped.push(`fetch.${key}`);
  }
  if (cname) {
    const host = JSON.stringify(cname);
    dropped.push(
      `fetch.cname (a host for http; if it has a certificate, "secureDistribution": ${host})`,
    );
  }
  return dropped;
}

/** Options of the SDK's `url()` that say where a URL leads and nothing about the picture. */
const HOST_OPTIONS =
  'secure secure_distribution private_cdn cdn_subdomain secure_cdn_subdomain cname analytics sign_url'.split(
    ' ',
  );

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function tagsOf(tags: unknown): unknown {
  return typeof tags === 'string' ? tags.split(',').map((tag) => tag.trim()) : tags;
}

/** eexit hands `fetch` to the SDK's `url()`, so the SDK knows what it means. */
function transformationOf(fetch: Record<string, unknown>): string | undefined {
  const picture = Object.fromEntries(
    Object.entries(fetch).filter(([key]) => !HOST_OPTIONS.includes(key)),
  );
  return utils.generate_transformation_string(picture) || undefined;
}

function distributionOf(options: Record<string, unknown>): Record<string, unknown> {
  const { secure_distribution: secureDistribution, private_cdn: privateCdn } = options;
  return { secureDistribution, privateCdn };
}
