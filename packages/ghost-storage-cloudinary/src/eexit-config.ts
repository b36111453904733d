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
    tags: upload['tags'],
    transformation: transformationOf(fetch),
    ...distributionOf({ ...auth, ...fetch }),
  };
  return (
    `This is a configuration of eexit/ghost-storage-cloudinary (${found.join(', ')}). ` +
    `The same for this adapter is ${JSON.stringify(equivalent)}. Folders are always dated, names are ` +
    'kept and made unique, and srcset takes the place of the RetinaJS plugin.'
  );
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function transformationOf(fetch: Record<string, unknown>): string | undefined {
  const parts = [
    fetch['quality'] === undefined ? [] : `q_${fetch['quality']}`,
    fetch['fetch_format'] === undefined ? [] : `f_${fetch['fetch_format']}`,
  ].flat();
  return parts.length > 0 ? parts.sort().join(',') : undefined;
}

function distributionOf(options: Record<string, unknown>): Record<string, unknown> {
  const { secure_distribution: secureDistribution, private_cdn: privateCdn } = options;
  return { secureDistribution, privateCdn };
}
