import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  sameSignature,
  signDelivery,
  signParams,
  stringToSign,
} from '../../src/cloudinary/signature.ts';

const { v2: sdk } = createRequire(import.meta.url)('cloudinary') as typeof import('cloudinary');

const SECRET = 's3cr3t';

// The SDK's declaration leaves out the algorithm and the version.
const sign = sdk.utils.api_sign_request as (...args: unknown[]) => string;

describe('signParams', () => {
  const params = { timestamp: '1', public_id: 'a&b=c', tags: ['x', 'y'] };

  test('makes the signatures that the SDK made for the recorded parameters', () => {
    expect(signParams(params, SECRET, 'sha1')).toBe('494cd7de32f17152cb32242e64f00e99b57f5215');
    expect(signParams(params, SECRET, 'sha256')).toBe(
      '3edb533faa8976a76b49abd043a24bbc4169e56375c6398f85f75e40a0d40511',
    );
  });

  test('agrees with the SDK on any parameters', () => {
    const value = fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 1 }));
    const name = fc.stringMatching(/^p_[a-z_]{1,12}$/);
    fc.assert(
      fc.property(fc.dictionary(name, value), fc.constantFrom('sha1', 'sha256'), (any, hash) => {
        expect(signParams(any, SECRET, hash)).toBe(sign(any, SECRET, hash, 2));
      }),
    );
  });

  test('leaves out what is sent beside the signed parameters', () => {
    const beside = { file: 'f', api_key: 'k', signature: 's', resource_type: 'image' };
    expect(stringToSign({ ...params, ...beside, cloud_name: 'c', empty: '' })).toBe(
      'public_id=a%26b=c&tags=x,y&timestamp=1',
    );
  });
});

describe('signDelivery', () => {
  const sdkSignature = (id: string, options: object): string => {
    const config = { cloud_name: 'c', api_secret: SECRET, sign_url: true, analytics: false };
    return /s--(.+?)--/.exec(sdk.url(id, { ...config, ...options }))?.[1] ?? '';
  };

  test('agrees with the SDK in its three forms', () => {
    const source = 'c_limit,w_600/2026/11/caf%C3%A9.jpg';
    const options = { width: 600, crop: 'limit', format: 'jpg' };
    const id = '2026/11/café';
    for (const form of [
      { algorithm: 'sha1', length: 8, sdk: {} },
      { algorithm: 'sha256', length: 8, sdk: { signature_algorithm: 'sha256' } },
      { algorithm: 'sha256', length: 32, sdk: { long_url_signature: true } },
    ] as const) {
      expect(signDelivery(source, SECRET, form)).toBe(
        sdkSignature(id, { ...options, ...form.sdk }),
      );
    }
  });
});

test('signatures of different lengths are different, and that is all', () => {
  expect(sameSignature('abc', 'abc')).toBe(true);
  expect(sameSignature('abc', 'abd')).toBe(false);
  expect(sameSignature('abc', 'abcd')).toBe(false);
});
