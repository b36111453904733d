import { type AdminClient, image, lexicalDocument, paragraph } from '@prosora/ghost-local';
import sharp from 'sharp';
import { BLOG, type ExamplePost, POSTS } from './blog.ts';
import { PICTURE_SIZE, paint } from './picture.ts';

/**
 * Publishes the example blog's posts that the site does not have yet, pictures and all, so that an
 * interrupted run goes on where it stopped. Calls `onPost` ahead of each.
 */
export async function seedBlog(
  admin: AdminClient,
  onPost: (title: string, count: number) => void,
): Promise<void> {
  const existing = new Set((await admin.posts.browse({ limit: 100 })).map(({ slug }) => slug));
  // Ghost brings a post of its own that only says there are none; earlier runs left their proofs.
  await removePosts(admin, 'slug:coming-soon,tag:hash-proof');
  for (const [index, post] of POSTS.entries()) {
    if (existing.has(post.slug)) continue;
    onPost(post.title, index + 1);
    await publish(admin, post, daysAgo((POSTS.length - index) * 9));
  }
  await dress(admin);
}

/** Title, colour, cover and icon in place of what Ghost brings, whose files are on another server. */
async function dress(admin: AdminClient): Promise<void> {
  const { title, description, accentColor, cover } = BLOG;
  if ((await admin.settings.read())['title'] === title) return;
  const bytes = await paint(cover);
  const { url: cover_image } = await admin.images.upload({ name: 'cover.jpg', bytes });
  const square = new Uint8Array(await sharp(bytes).resize(512, 512).png().toBuffer());
  const { url: icon } = await admin.images.upload({ name: 'icon.png', bytes: square }, 'icon');
  await admin.settings.edit({ title, description, accent_color: accentColor, cover_image, icon });
}

async function publish(admin: AdminClient, post: ExamplePost, published_at: string): Promise<void> {
  const [cover, ...inside] = await uploadScenes(admin, post);
  const blocks = post.paragraphs.flatMap((text, index) => {
    const src = inside[index];
    const picture = src
      ? [image({ src, alt: post.title, cardWidth: 'wide', ...PICTURE_SIZE })]
      : [];
    return [paragraph(text), ...picture];
  });
  await admin.posts.add({
    title: post.title,
    slug: post.slug,
    custom_excerpt: post.excerpt,
    feature_image: cover,
    feature_image_alt: post.title,
    lexical: lexicalDocument(...blocks),
    tags: [{ name: post.tag }],
    status: 'published',
    published_at,
  });
}

async function uploadScenes(admin: AdminClient, { slug, scenes }: ExamplePost): Promise<string[]> {
  return await Promise.all(
    scenes.map(async (scene, index) => {
      const bytes = await paint(scene);
      return (await admin.images.upload({ name: `${slug}-${index + 1}.jpg`, bytes })).url;
    }),
  );
}

/** Marks the members that proofs write to. */
export const READERS_LABEL = { name: 'Readers', slug: 'readers' };

const READERS =
  'Ada Björn Chidi Dora Emil Farah Grace Hugo Ines Jonas Kaya Liam Mina Noor Otto Priya Quinn Rosa Sven Tara Umar Vera Wren Yuki';

/** The blog's 24 readers, those who are missing. */
export async function seedReaders(admin: AdminClient): Promise<void> {
  const known = new Set((await admin.members.browse({ limit: 100 })).map(({ email }) => email));
  for (const name of READERS.split(' ')) {
    const email = `${name
      .normalize('NFD')
      .replace(/\P{ASCII}/gu, '')
      .toLowerCase()}@example.org`;
    if (!known.has(email)) await admin.members.add({ email, name, labels: [READERS_LABEL] });
  }
}

async function removePosts(admin: AdminClient, filter: string): Promise<void> {
  for (const { id } of await admin.posts.browse({ filter, limit: 100 })) {
    await admin.posts.remove(id);
  }
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString();
}
