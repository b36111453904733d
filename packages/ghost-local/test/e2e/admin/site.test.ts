import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  AdminApiError,
  type AdminClient,
  bootGhost,
  createAdminClient,
  gallery,
  image,
  lexicalDocument,
  paragraph,
  type RunningGhost,
} from '../../../src/index.ts';

let ghost: RunningGhost;
let admin: AdminClient;
let photo: { name: string; bytes: Uint8Array<ArrayBuffer> };

beforeAll(async () => {
  ghost = await bootGhost();
  admin = createAdminClient(ghost);
  const themes = join(ghost.contentDir, 'themes');
  const bytes = await readFile(join(themes, 'casper/assets/screenshot-desktop.jpg'));
  photo = { name: 'lighthouse.jpg', bytes: new Uint8Array(bytes) };
  await admin.setup();
});

afterAll(() => ghost?.[Symbol.asyncDispose]());

async function readPage(url: string): Promise<string> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return await response.text();
}

describe('a site in development mode', () => {
  test('is set up once and signed in to as often as asked', async () => {
    const again = createAdminClient(ghost);
    await again.setup();
    expect(await again.settings.read()).toMatchObject({ title: 'Harbour Notes' });
    expect(await ghost.sql('SELECT email FROM users WHERE email = ?', [admin.owner.email])).toEqual(
      [{ email: 'owner@example.com' }],
    );
  });

  test('shows an uploaded image in a published post, with sizes to choose from', async () => {
    const { url } = await admin.images.upload(photo);
    expect(url).toMatch(/^http:\/\/localhost:\d+\/content\/images\/\d{4}\/\d{2}\/lighthouse\.jpg$/);

    const draft = await admin.posts.add({
      title: 'The lighthouse',
      lexical: lexicalDocument(
        paragraph('A light & a wall.'),
        image({ src: url, alt: 'Lighthouse', width: 1200, height: 800 }),
        gallery({ images: [1, 2, 3, 4].map(() => ({ src: url, width: 1200, height: 800 })) }),
      ),
    });
    const post = await admin.posts.publish(draft.id);
    const page = await readPage(post.url);
    expect(page).toContain('A light &amp; a wall.');
    expect(page).toMatch(/<img[^>]+alt="Lighthouse"[^>]+srcset="[^"]+\/size\/w600\/\S+ 600w/);
    expect(page.match(/kg-gallery-row/g)).toHaveLength(2);

    const resized = await fetch(url.replace('/images/', '/images/size/w600/format/webp/'));
    expect(resized.headers.get('content-type')).toBe('image/webp');
  });

  test('changes a post by its id alone and removes it', async () => {
    const { id } = await admin.posts.add({ title: 'First words' });
    const edited = await admin.posts.edit(id, { title: 'Last words' });
    expect(edited.title).toBe('Last words');
    await admin.posts.remove(id);
    await expect(admin.posts.read(id)).rejects.toMatchObject({ status: 404 });
  });

  test('takes media with a thumbnail, another thumbnail, and a file', async () => {
    const bytes = new Uint8Array(2048);
    const video = await admin.media.upload({ name: 'waves.mp4', bytes }, photo);
    expect(video.url).toMatch(/\/content\/media\/.+waves\.mp4$/);
    expect(video.thumbnail_url).toMatch(/\.jpg$/);
    const thumbnail = await admin.media.replaceThumbnail(video.url, photo);
    expect(thumbnail.url).toContain('/content/media/');
    const file = await admin.files.upload({ name: 'tide table.pdf', bytes });
    expect(file.url).toMatch(/\/content\/files\/.+\.pdf$/);
    const served = await fetch(file.url);
    expect((await served.arrayBuffer()).byteLength).toBe(2048);
  });

  test('keeps settings', async () => {
    await admin.settings.edit({ title: 'North Pier', accent_color: '#123456' });
    expect(await admin.settings.read()).toMatchObject({
      title: 'North Pier',
      accent_color: '#123456',
    });
    expect(await readPage(ghost.url)).toContain('North Pier');
  });

  test('has members, tiers, newsletters and themes', async () => {
    const member = await admin.members.add({ email: 'reader@example.com', name: 'Reader' });
    expect(member).toMatchObject({ email: 'reader@example.com', status: 'free' });
    expect(await admin.members.browse({ filter: `email:'${member.email}'` })).toHaveLength(1);
    expect((await admin.tiers.browse()).map(({ type }) => type)).toContain('free');
    expect(await admin.newsletters.browse()).toHaveLength(1);
    await admin.themes.activate('casper');
    const active = (await admin.themes.browse()).filter((theme) => theme.active);
    expect(active.map((theme) => theme.name)).toEqual(['casper']);
    expect(await admin.stats('member_count')).toHaveProperty('stats');
  });

  test('says why it refuses a request', async () => {
    const refusal = await admin.members.add({ email: 'not an address' }).catch((error) => error);
    expect(refusal).toBeInstanceOf(AdminApiError);
    expect(refusal).toMatchObject({ code: 'ADMIN_API_REFUSED', status: 422 });
    expect(refusal.message).toMatch(/^POST members was answered 422: .*Invalid Email/i);
  });

  test('is read by SQL and not written to', async () => {
    expect(await ghost.sql('SELECT COUNT(*) AS n FROM posts WHERE status = ?', ['draft'])).toEqual([
      { n: 0 },
    ]);
    await expect(ghost.sql("UPDATE posts SET title = 'x'")).rejects.toThrow(/readonly/);
  });
});

describe('a newsletter', () => {
  test('that no provider takes fails with words, and Ghost fetches its events when asked', async () => {
    await admin.members.add({ email: 'subscriber@example.com' });
    const slug = (await admin.newsletters.browse())[0]?.slug ?? '';
    const draft = await admin.posts.add({ title: 'By mail' });
    const post = await admin.posts.publish(draft.id, { newsletter: slug });
    const email = await vi.waitUntil(
      async () => {
        const email = await admin.emails.read(post.email?.id ?? '');
        return email.status === 'failed' && email;
      },
      { timeout: 30_000, interval: 200 },
    );
    expect(email.error).toBeTruthy();
    await ghost.fetchEmailAnalytics();
    const log = await readFile(ghost.logFile, 'utf8');
    expect(log).toContain('email-analytics-fetch-latest completed');
  });
});

describe('a process', () => {
  test('comes back from a restart with its content, another pid and changed configuration', async () => {
    const before = ghost.pid;
    const mailgun = { baseUrl: 'http://127.0.0.1:1/v3', apiKey: 'key', domain: 'example.com' };
    await ghost.restart({ config: { bulkEmail: { mailgun } } });
    expect(ghost.pid).not.toBe(before);
    expect(isRunning(before)).toBe(false);
    expect(await readPage(`${ghost.url}/the-lighthouse/`)).toContain('A light &amp; a wall.');
    await admin.settings.read();
    await expect(ghost.fetchEmailAnalytics()).rejects.toMatchObject({
      code: 'EMAIL_ANALYTICS_FAILED',
      message: expect.stringContaining('email-analytics-fetch-latest failed'),
    });
  });

  test('comes back after it was killed', async () => {
    await ghost.kill();
    expect(await ghost.exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
    await expect(ghost.fetchEmailAnalytics()).rejects.toMatchObject({ code: 'GHOST_NOT_RUNNING' });
    await ghost.restart();
    expect(await readPage(ghost.url)).toContain('North Pier');
  });

  test('is gone after stop, and its folder after dispose', async () => {
    const { pid, dir } = ghost;
    await ghost.stop();
    expect(isRunning(pid)).toBe(false);
    expect(await readFile(ghost.logFile, 'utf8')).toContain('Ghost has shut down');
    await ghost[Symbol.asyncDispose]();
    await expect(stat(dir)).rejects.toThrow(/ENOENT/);
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
