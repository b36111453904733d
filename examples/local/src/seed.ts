import { type AdminClient, image, lexicalDocument, paragraph } from '@prosora/ghost-local';
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

/** Title, colour and cover in place of what Ghost brings, whose cover is a file of another server. */
async function dress(admin: AdminClient): Promise<void> {
  const { title, description, accentColor, cover } = BLOG;
  if ((await admin.settings.read())['title'] === title) return;
  const { url } = await admin.images.upload({ name: 'cover.jpg', bytes: await paint(cover) });
  await admin.settings.edit({ title, description, accent_color: accentColor, cover_image: url });
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

async function removePosts(admin: AdminClient, filter: string): Promise<void> {
  for (const { id } of await admin.posts.browse({ filter, limit: 100 })) {
    await admin.posts.remove(id);
  }
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString();
}
