import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { image, lexicalDocument, paragraph } from '@prosora/ghost-local';
import sharp from 'sharp';
import { PICTURE_SIZE, paint } from '../picture.ts';
import type { Proof, Site } from '../site.ts';

/** A post with a picture of its own that this run has published. */
interface PublishedPicture {
  bytes: Uint8Array<ArrayBuffer>;
  /** The picture's URL as Ghost gave it. */
  url: string;
  postUrl: string;
}

/** What the storage adapter promises, shown on a picture that did not exist before this run. */
export function imageProofs(): Proof[] {
  let fresh: PublishedPicture | undefined;
  const uploaded = (): PublishedPicture => {
    assert(fresh, 'No picture was uploaded in this run.');
    return fresh;
  };
  return [
    {
      claim: 'a picture uploaded now is stored at Cloudinary',
      async prove(site) {
        fresh = await publishNewPicture(site);
        const md5 = createHash('md5').update(fresh.bytes).digest('hex');
        const stored = (await site.sandbox.cloudinary.assets()).find(({ etag }) => etag === md5);
        assert(stored, `The stand-in holds no asset with the picture's MD5, ${md5}.`);
        return `${stored.public_id}, ${stored.bytes.toLocaleString('en')} bytes`;
      },
    },
    {
      claim: 'its page offers every size, on the site’s own URLs',
      async prove(site) {
        const sizes = await sizesOnPage(uploaded());
        for (const { url } of sizes) assert.equal(new URL(url).origin, site.url);
        return sizes.map(({ width }) => width).join(', ');
      },
    },
    {
      claim: 'a size is one redirect away, as WebP',
      prove: async () => await oneRedirectToWebp(uploaded()),
    },
    { claim: 'the database does not know Cloudinary', prove: databaseIsPortable },
    { claim: 'a picture from before the adapter shows in every size', prove: oldPictureShows },
  ];
}

async function publishNewPicture({ admin, url: siteUrl }: Site): Promise<PublishedPicture> {
  const bytes = await newPicture();
  const { url } = await admin.images.upload({ name: 'fresh paint.jpg', bytes });
  assert.equal(new URL(url).origin, siteUrl);
  return { bytes, url, postUrl: await publishPost(admin, 'Fresh paint', url) };
}

async function newPicture(): Promise<Uint8Array<ArrayBuffer>> {
  return await paint({
    seed: randomInt(2 ** 31),
    sky: ['#314b6e', '#d88c7a', '#f7dcb4'],
    land: '#20303a',
    light: { color: '#ffeec2', x: 0.4, y: 0.33, radius: 56 },
    water: true,
  });
}

async function publishPost(admin: Site['admin'], title: string, src: string): Promise<string> {
  const post = await admin.posts.add({
    title,
    feature_image: src,
    lexical: lexicalDocument(
      paragraph('Painted and published by this run.'),
      image({ src, ...PICTURE_SIZE }),
    ),
    tags: [{ name: '#proof' }],
    // Old, so that the blog's own posts stay on top of the front page.
    published_at: new Date(Date.UTC(2020, 0, 1)).toISOString(),
    status: 'published',
  });
  return post.url;
}

/** Every candidate of every `srcset` on a page that shows the picture. */
async function sizesOnPage({ url, postUrl }: Pick<PublishedPicture, 'url' | 'postUrl'>) {
  const html = await (await fetch(postUrl)).text();
  const name = path.basename(url);
  const candidates = [...html.matchAll(/srcset="([^"]+)"/g)]
    .flatMap(([, srcset]) => srcset?.split(',') ?? [])
    .map((candidate) => candidate.trim().split(/\s+/))
    .filter(([candidate]) => candidate?.endsWith(name))
    .map(([candidate = '', width = '']) => ({ url: new URL(candidate, postUrl).href, width }));
  const sizes = [...new Map(candidates.map((size) => [size.url, size])).values()];
  // The theme's sizes for the feature image and Ghost's own for the picture in the text.
  assert(sizes.length >= 8, `${postUrl} offers ${sizes.length} sizes of ${name}.`);
  return sizes.sort((a, b) => Number.parseInt(a.width, 10) - Number.parseInt(b.width, 10));
}

async function oneRedirectToWebp({ url }: PublishedPicture): Promise<string> {
  const small = url.replace('/content/images/', '/content/images/size/w600/format/webp/');
  const hop = await fetch(small, { redirect: 'manual' });
  assert.equal(hop.status, 302);
  const answer = await fetch(hop.headers.get('location') ?? '', { redirect: 'manual' });
  assert.equal(answer.status, 200);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const { format, width, height } = await sharp(bytes).metadata();
  assert.deepEqual({ format, width }, { format: 'webp', width: 600 });
  return `${width} × ${height}, ${bytes.length.toLocaleString('en')} bytes`;
}

/** Looks for the delivery host in every text column of every table, each of which is read once. */
async function databaseIsPortable({ ghost, sandbox }: Site): Promise<string> {
  const foreign = [new URL(sandbox.cloudinary.deliveryUrl).host, 'res.cloudinary.com'];
  const columns = await ghost.sql<{ table: string; column: string }>(
    `SELECT m.name AS "table", c.name AS "column" FROM sqlite_master m, pragma_table_info(m.name) c
     WHERE m.type = 'table' AND (c.type LIKE '%char%' OR c.type LIKE '%text%')`,
  );
  let pictures = 0;
  for (const [table, own] of Map.groupBy(columns, (each) => each.table)) {
    const counts = own.map(({ column }) => {
      const holding = (text: string) => `total("${column}" LIKE '%${text}%')`;
      return `SELECT '${column}' AS "column", ${foreign.map(holding).join(' + ')} AS elsewhere,
        ${holding('__GHOST_URL__/content/images/')} AS pictures FROM "${table}"`;
    });
    const found = await ghost.sql<{ column: string; elsewhere: number; pictures: number }>(
      counts.join(' UNION ALL '),
    );
    for (const { column, ...values } of found) {
      assert.equal(values.elsewhere, 0, `${table}.${column} holds ${foreign.join(' or ')}.`);
      pictures += values.pictures;
    }
  }
  assert(pictures > 0, 'No column holds a picture at all.');
  return `${columns.length} columns read, ${pictures} values with pictures`;
}

async function oldPictureShows({ ghost, admin, url: siteUrl, sandbox }: Site): Promise<string> {
  const before = (await sandbox.cloudinary.assets()).length;
  const file = `2019/05/before-${Date.now()}.jpg`;
  await mkdir(path.join(ghost.contentDir, 'images/2019/05'), { recursive: true });
  await writeFile(path.join(ghost.contentDir, 'images', file), await newPicture());
  const url = `${siteUrl}/content/images/${file}`;
  const sizes = await sizesOnPage({ url, postUrl: await publishPost(admin, 'From before', url) });
  for (const size of [{ url, width: '2400w' }, ...sizes]) {
    const answer = await fetch(size.url, { redirect: 'error' });
    assert.equal(answer.status, 200, size.url);
    const { width } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
    assert.equal(`${width}w`, size.width, size.url);
  }
  assert.equal((await sandbox.cloudinary.assets()).length, before);
  return `${sizes.length} sizes from the site’s own disk`;
}
