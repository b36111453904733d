import type { CloudAccount } from './account.ts';
import { CloudinaryRefusal } from './refusal.ts';
import { type ApiParams, sameSignature, signParams, stringToSign } from './signature.ts';

const MAX_AGE_SECONDS = 3600;

/** Checks an Upload API call's cloud, key, signature and age, and refuses as the vendor does. */
export function authorizeCall(
  { cloudName, params }: { cloudName: string; params: ApiParams },
  account: CloudAccount,
  now: number,
): void {
  if (cloudName !== account.cloudName) {
    throw new CloudinaryRefusal(401, `Invalid cloud_name ${cloudName}`);
  }
  const { api_key: apiKey, signature, timestamp } = params;
  if (signature === undefined && apiKey === undefined) {
    throw new CloudinaryRefusal(400, 'Upload preset must be specified when using unsigned upload');
  }
  for (const [name, value] of Object.entries({ api_key: apiKey, timestamp, signature })) {
    if (value === undefined)
      throw new CloudinaryRefusal(400, `Missing required parameter - ${name}`);
  }
  if (apiKey !== account.apiKey) throw new CloudinaryRefusal(401, `Invalid api_key ${apiKey}`);
  const { signatureAlgorithm } = account.settings.current;
  if (
    !sameSignature(String(signature), signParams(params, account.apiSecret, signatureAlgorithm))
  ) {
    const signed = stringToSign(params);
    throw new CloudinaryRefusal(
      401,
      `Invalid Signature ${signature}. String to sign - '${signed}'.`,
    );
  }
  checkAge(String(timestamp), now);
}

function checkAge(timestamp: string, now: number): void {
  const seconds = Number(timestamp);
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new CloudinaryRefusal(400, `Invalid timestamp ${timestamp}`);
  }
  if (now / 1000 - seconds <= MAX_AGE_SECONDS) return;
  const reported = new Date(seconds * 1000).toISOString().replace(/T(.*)\..*/, ' $1 +0000');
  throw new CloudinaryRefusal(
    401,
    `Stale request - reported time is ${reported} which is more than 1 hour ago`,
  );
}
