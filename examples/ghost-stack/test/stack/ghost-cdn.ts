import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { BrowserContext } from 'playwright-core';
import { ROOT } from './stack.ts';

const run = promisify(execFile);
const CACHE = path.join(ROOT, '.prosora/ghost-cdn');
/** `core/shared/config/defaults.json` of Ghost: https://cdn.jsdelivr.net/ghost/portal@~2.71/umd/portal.min.js */
const APP = /^\/ghost\/([\w-]+)@([^/]+)\/(.+)$/;
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);

/**
 * Answers a browser's requests to the two hosts of Ghost's makers that a site uses, so that tests need no
 * internet: Portal and its siblings are files of the npm packages that the CDN mirrors, and the pictures of
 * a new site are one pixel.
 */
export async function answerForGhostCdn(context: BrowserContext): Promise<void> {
  await context.route('https://cdn.jsdelivr.net/ghost/**', async (route) => {
    const [, name = '', range = '', file = ''] =
      APP.exec(new URL(route.request().url()).pathname) ?? [];
    await route.fulfill({
      body: await readFile(path.join(await unpack(name, range), file)),
      contentType: file.endsWith('.css') ? 'text/css' : 'text/javascript',
      headers: { 'access-control-allow-origin': '*' },
    });
  });
  await context.route('https://static.ghost.org/**', (route) =>
    route.fulfill({ body: PIXEL, contentType: 'image/png' }),
  );
}

const unpacked = new Map<string, Promise<string>>();

function unpack(name: string, range: string): Promise<string> {
  const key = `${name}@${range}`;
  const known = unpacked.get(key);
  if (known) return known;
  const folder = download(name, range, path.join(CACHE, key));
  unpacked.set(key, folder);
  return folder;
}

async function download(name: string, range: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  if (!(await readdir(folder)).includes('package')) {
    const { stdout } = await run('npm', ['pack', '--json', `@tryghost/${name}@${range}`], {
      cwd: folder,
      maxBuffer: 64 * 2 ** 20,
    });
    const packed = JSON.parse(stdout) as { filename: string }[];
    await run('tar', ['xzf', packed.at(-1)?.filename ?? ''], { cwd: folder });
  }
  return path.join(folder, 'package');
}
