import { createHash, timingSafeEqual } from 'node:crypto';

/** How an account's signatures are hashed. */
export type SignatureAlgorithm = 'sha1' | 'sha256';

/** The parameters of an API call, as they came. */
export type ApiParams = Readonly<Record<string, string | readonly string[]>>;

const UNSIGNED_PARAMS = new Set(['file', 'api_key', 'cloud_name', 'resource_type', 'signature']);

/**
 * What an API call's signature covers (version 2): sorted `key=value` pairs, each with its `&` escaped
 * so that no value can pose as a further parameter. The SDK's `api_string_to_sign` is the authority.
 */
export function stringToSign(params: ApiParams): string {
  return Object.entries(params)
    .filter(([key]) => !UNSIGNED_PARAMS.has(key))
    .map(([key, value]) => [key, typeof value === 'string' ? value : value.join(',')] as const)
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`.replaceAll('&', '%26'))
    .join('&');
}

/** Signs an API call: hexadecimal. */
export function signParams(
  params: ApiParams,
  secret: string,
  algorithm: SignatureAlgorithm,
): string {
  return createHash(algorithm)
    .update(stringToSign(params) + secret)
    .digest('hex');
}

/**
 * Signs a delivery URL: the 8 or 32 characters between `s--` and `--`. Covered are the transformation
 * and the id with its extension, as they stand in the URL; the version is not.
 */
export function signDelivery(
  source: string,
  secret: string,
  form: { algorithm: SignatureAlgorithm; length: number },
): string {
  return createHash(form.algorithm)
    .update(source + secret)
    .digest('base64url')
    .slice(0, form.length);
}

/** Compares in constant time. */
export function sameSignature(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
