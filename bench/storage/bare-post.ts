import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { CloudinaryProcess } from './cloudinary-process.ts';

/** Uploads a file as the stand-in asks for it and no further: what any adapter costs at least. */
export async function postBare(
  cloudinary: CloudinaryProcess,
  name: string,
  file: string,
): Promise<void> {
  const { url, cloudName, apiKey, apiSecret } = cloudinary;
  const params = { public_id: `bench/${name}.bin`, timestamp: `${Math.floor(Date.now() / 1000)}` };
  const signed = `public_id=${params.public_id}&timestamp=${params.timestamp}${apiSecret}`;
  const signature = createHash('sha1').update(signed).digest('hex');
  const form = new FormData();
  for (const [key, value] of Object.entries({ ...params, api_key: apiKey, signature })) {
    form.append(key, value);
  }
  form.append('file', new Blob([await readFile(file)]), name);
  const endpoint = `${url}/v1_1/${cloudName}/raw/upload`;
  const response = await fetch(endpoint, { method: 'POST', body: form });
  if (!response.ok) throw new Error(`The bare POST was answered ${response.status}.`);
  await response.json();
}
