import { open } from 'node:fs/promises';
import sharp, { type Metadata } from 'sharp';
import type { ResourceType } from './asset.ts';
import type { ReceivedFile } from './received-file.ts';
import { CloudinaryRefusal } from './refusal.ts';

/** What the bytes of a file turned out to be. */
export interface Inspection {
  resourceType: ResourceType;
  /** As Cloudinary names it: `jpg`, `svg`, `mp4`; absent for raw. */
  format?: string;
  width?: number;
  height?: number;
  pages?: number;
}

/** The first bytes that tell a video or audio format. */
const VIDEO_MAGIC: readonly [format: string, magic: RegExp][] = [
  ['mov', /^....ftypqt/s],
  ['m4a', /^....ftypM4A/s],
  ['mp4', /^....ftyp/s],
  ['webm', /^.E\xdf\xa3/s],
  ['ogg', /^OggS/],
  ['avi', /^RIFF....AVI /s],
  ['wav', /^RIFF....WAVE/s],
  ['flac', /^fLaC/],
  ['mp3', /^(ID3|\xff[\xfb\xf3\xf2])/],
];

const HEAD_BYTES = 64;

/**
 * Decides by content, not by name, what a file is and whether it is what the caller says.
 *
 * @throws CloudinaryRefusal 400 with Cloudinary's sentence when an image or video is none.
 */
export async function inspectFile(
  file: ReceivedFile,
  asked: ResourceType | 'auto',
): Promise<Inspection> {
  if (asked === 'raw') return { resourceType: 'raw' };
  const head = await readHead(file.path);
  // A brand of the same container as MP4, yet an image.
  const video = /^....ftyp(avif|avis|heic|heix|mif1)/s.test(head) ? undefined : videoFormat(head);
  if (asked === 'video') {
    if (video === undefined) throw new CloudinaryRefusal(400, 'Unsupported video format or file');
    return { resourceType: 'video', format: video };
  }
  const image = video === undefined ? await inspectImage(file.path, head) : undefined;
  if (image !== undefined) return { resourceType: 'image', ...image };
  if (asked === 'image') throw new CloudinaryRefusal(400, 'Invalid image file');
  return video === undefined ? { resourceType: 'raw' } : { resourceType: 'video', format: video };
}

async function readHead(path: string): Promise<string> {
  await using handle = await open(path);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return buffer.toString('latin1', 0, bytesRead);
}

function videoFormat(head: string): string | undefined {
  return VIDEO_MAGIC.find(([, magic]) => magic.test(head))?.[0];
}

async function inspectImage(
  path: string,
  head: string,
): Promise<Omit<Inspection, 'resourceType'> | undefined> {
  if (head.startsWith('%PDF-')) return { format: 'pdf' };
  if (head.startsWith('\0\0\x01\0')) return { format: 'ico', ...icoSize(head) };
  try {
    const image = await sharp(path).metadata();
    const { width, height } = image.autoOrient;
    return { format: formatOf(image), width, height, pages: image.pages ?? 1 };
  } catch {
    return undefined;
  }
}

/** Width and height stand in the icon's first entry, where 0 means 256. */
function icoSize(head: string): { width: number; height: number } {
  return { width: head.charCodeAt(6) || 256, height: head.charCodeAt(7) || 256 };
}

function formatOf({ format, compression }: Metadata): string {
  if (format === 'heif') return compression === 'av1' ? 'avif' : 'heic';
  const names: Record<string, string> = { jpeg: 'jpg', tiff: 'tif' };
  return names[format] ?? format;
}
