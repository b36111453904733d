import { FORMATS } from '../serve/sizes.ts';
import {
  anyOf,
  type EdgeRules,
  IMAGE_EXTENSIONS,
  NOT_RESIZED,
  NOT_RESIZED_AS_IS,
  PLAIN_STEM,
  VIDEO_EXTENSIONS,
} from './rules.ts';

/** The module of a Cloudflare Worker for the asset host. A secret for signing stays in the Worker's environment. */
export function workerModule(rules: EdgeRules): string {
  const { siteUrl, deliveryUrl, idPrefix, sizes, signatureAlgorithm } = rules;
  const json = (value: unknown) => JSON.stringify(value);
  return `// Made by \`ghost-cloudinary edge worker\`. Cloudinary's pictures under Ghost's own paths; what is not
// there, or not plain, is asked of the site.
const SITE = ${json(siteUrl)};
const DELIVERY = ${json(deliveryUrl)};
const ID_PREFIX = ${json(idPrefix)};
const SIZES = ${json(Object.fromEntries(sizes))};
const IMAGES = ${json(Object.fromEntries(IMAGE_EXTENSIONS))};
const VIDEOS = ${json(Object.fromEntries(VIDEO_EXTENSIONS))};
const NOT_RESIZED = ${json([...NOT_RESIZED])};
const NOT_RESIZED_AS_IS = ${json([...NOT_RESIZED_AS_IS])};
const SIGNED_WITH = ${json(signatureAlgorithm ?? null)};
const PATH = /^\\/content\\/(images|media|files)\\/(?:size\\/([^/]+)\\/(?:format\\/(${anyOf(FORMATS)})\\/)?)?(${PLAIN_STEM.replaceAll('/', '\\/')})\\.([A-Za-z0-9_-]+)$/;

export default {
  async fetch(request, env) {
    if (request.method !== 'GET' && request.method !== 'HEAD') return new Response(null, { status: 405 });
    const { pathname, search } = new URL(request.url);
    if (!/^\\/content\\/(images|media|files)\\//.test(pathname)) return new Response(null, { status: 404 });
    const target = await deliveryUrl(pathname, env);
    if (target !== undefined) {
      const answer = await fetch(target, { method: request.method, headers: passedOn(request) });
      if (answer.status !== 401 && answer.status !== 404) return cleaned(answer);
      await answer.body?.cancel();
    }
    return fetch(SITE + pathname + search, { method: request.method, headers: passedOn(request), redirect: 'manual' });
  },
};

/** What decides about bytes, and no cookies. */
function passedOn(request) {
  const names = ['accept', 'range', 'if-none-match', 'if-modified-since', 'if-range'];
  return Object.fromEntries(names.flatMap((name) => {
    const value = request.headers.get(name);
    return value === null ? [] : [[name, value]];
  }));
}

function cleaned(answer) {
  const headers = new Headers(answer.headers);
  headers.delete('set-cookie');
  headers.set('x-content-type-options', 'nosniff');
  return new Response(answer.body, { status: answer.status, headers });
}

/** Undefined for what the site has to answer. */
async function deliveryUrl(pathname, env) {
  const [, store, size, format, stem, extension] = PATH.exec(pathname) ?? [];
  if (stem === undefined) return undefined;
  const image = IMAGES[extension];
  const video = VIDEOS[extension];
  if (size !== undefined) {
    const transformation = Object.hasOwn(SIZES, size) ? SIZES[size] : undefined;
    const fixed = format === undefined ? NOT_RESIZED_AS_IS : NOT_RESIZED;
    if (/^(size|format)\\//.test(stem)) return undefined;
    if (store !== 'images' || !transformation || !image || fixed.includes(extension)) return undefined;
    return urlOf('image', transformation, \`\${store}/\${stem}_\${extension}.\${format ?? image}\`, env);
  }
  if (store === 'images' && stem.startsWith('size/')) return undefined;
  if (image) return urlOf('image', '', \`\${store}/\${stem}_\${extension}.\${image}\`, env);
  if (video) return urlOf('video', '', \`\${store}/\${stem}_\${extension}.\${video}\`, env);
  return urlOf('raw', '', \`\${store}/\${stem}.\${extension}\`, env);
}

async function urlOf(type, transformation, path, env) {
  const id = ID_PREFIX + path;
  const signed = [transformation, id].filter(Boolean).join('/');
  const parts = [DELIVERY, type, 'upload', await signatureOf(signed, env), transformation, 'v1', id];
  return parts.filter(Boolean).join('/');
}

/** Cloudinary's signature of a delivery URL: 8 characters of SHA-1, or 32 of SHA-256. */
async function signatureOf(text, env) {
  if (SIGNED_WITH === null) return '';
  const secret = env?.CLOUDINARY_API_SECRET;
  if (!secret) throw new Error('Set the secret CLOUDINARY_API_SECRET of this Worker.');
  const algorithm = SIGNED_WITH === 'sha256' ? 'SHA-256' : 'SHA-1';
  const hash = await crypto.subtle.digest(algorithm, new TextEncoder().encode(text + secret));
  const base64 = btoa(String.fromCharCode(...new Uint8Array(hash)));
  const short = base64.slice(0, SIGNED_WITH === 'sha256' ? 32 : 8);
  return \`s--\${short.replaceAll('+', '-').replaceAll('/', '_')}--\`;
}
`;
}
