import { createHmac } from 'node:crypto';
import { type AdminClient, lexicalDocument, paragraph } from '@prosora/ghost-local';
import { fetchThroughEdge } from '../edge.ts';
import { DOMAIN, sql } from '../stack.ts';

/** Somebody who changes the site at random, all that Ghost Admin can change and readers see. */
export interface Editor {
  /** Changes something. @returns what it was, and resolves once Ghost has answered */
  change(): Promise<string>;
  /** Every address that a change was about so far, of what is gone too. */
  paths(): string[];
}

interface Post {
  id: string;
  path: string;
  resource: 'posts' | 'pages';
}

const VISIBILITIES = ['public', 'members', 'paid'] as const;
const FILE_TYPES = { yaml: 'application/x-yaml', json: 'application/json' };

/** @param random in [0, 1) */
export function createEditor(admin: AdminClient, random: () => number, contentKey: string): Editor {
  const api = (resource: string) => `/ghost/api/content/${resource}/?key=${contentKey}`;
  const paths = new Set([
    ...['/', '/page/2/', '/rss/', '/about/', '/author/ghost/', '/robots.txt', '/llms.txt'],
    ...['/sitemap.xml', '/sitemap-posts.xml', '/sitemap-pages.xml', '/sitemap-tags.xml'],
    ...['posts', 'pages', 'tags', 'authors', 'settings', 'tiers'].map(api),
  ]);
  const posts: Post[] = [];
  const tags: { id: string; slug: string }[] = [];
  let count = 0;

  const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const text = () => `Words ${++count} of ${random().toString(36).slice(2)}`;
  const lexical = () => lexicalDocument(paragraph(text()), paragraph(text()));
  const collection = ({ resource }: Post) => (resource === 'posts' ? admin.posts : admin.pages);

  async function write(resource: Post['resource'], fields: object = {}): Promise<Post> {
    const title = text();
    const collected = resource === 'posts' ? admin.posts : admin.pages;
    const made = await collected.add({ title, lexical: lexical(), status: 'published', ...fields });
    const post = { id: made.id, path: `/${made['slug']}/`, resource };
    posts.push(post);
    paths.add(post.path).add(`${post.path}?ref=elsewhere`);
    return post;
  }

  async function edit(post: Post, fields: object): Promise<void> {
    const { updated_at } = await collection(post).read(post.id);
    await collection(post).edit(post.id, { ...fields, updated_at });
  }

  const some = async () => (posts.length > 0 ? oneOf(posts) : await write('posts'));

  async function upload(path: string, name: string, content: string): Promise<void> {
    const form = new FormData();
    const type = name.endsWith('.yaml') ? FILE_TYPES.yaml : FILE_TYPES.json;
    form.append(name.split('.')[0] ?? '', new File([content], name, { type }));
    await admin.request('POST', path, { form });
  }

  const changes: Record<string, () => Promise<unknown>> = {
    'publishes a post': () => write('posts'),
    'publishes a page': () => write('pages'),
    'edits a text': async () => edit(await some(), { title: text(), lexical: lexical() }),
    'moves a text': async () => {
      const post = await some();
      const slug = `moved-${++count}`;
      await edit(post, { slug });
      post.path = `/${slug}/`;
      paths.add(post.path);
    },
    'unpublishes a text': async () => edit(await some(), { status: 'draft' }),
    'publishes it again': async () => edit(await some(), { status: 'published' }),
    'changes who may read': async () => edit(await some(), { visibility: oneOf(VISIBILITIES) }),
    'features a text': async () => edit(await some(), { featured: random() < 0.5 }),
    'deletes a text': async () => {
      const post = await some();
      await collection(post).remove(post.id);
      posts.splice(posts.indexOf(post), 1);
    },
    'has a post published by its schedule': async () => {
      const published_at = new Date(Date.now() + 3_600_000).toISOString();
      const { id } = await write('posts', { status: 'scheduled', published_at });
      await callAsScheduler(id);
    },
    'changes many posts at once': () =>
      admin.request('PUT', 'posts/bulk', {
        query: { filter: 'status:published' },
        json: { bulk: { action: 'access', meta: { visibility: oneOf(VISIBILITIES) } } },
      }),
    'adds a tag': async () => {
      const tag = await admin.tags.add({ name: text() });
      tags.push({ id: tag.id, slug: String(tag['slug']) });
      paths.add(`/tag/${tag['slug']}/`).add(`/tag/${tag['slug']}/rss/`);
      await edit(await write('posts'), { tags: [{ id: tag.id }] });
    },
    'edits a tag': async () => {
      if (tags.length > 0) await admin.tags.edit(oneOf(tags).id, { name: text() });
    },
    'deletes a tag': async () => {
      const tag = tags.splice(Math.floor(random() * tags.length), 1)[0];
      if (tag) await admin.tags.remove(tag.id);
    },
    'edits an author': async () => {
      type Users = { users: { id: string; slug: string }[] };
      const { users } = await admin.request<Users>('GET', 'users/me');
      const [me] = users;
      paths.add(`/author/${me?.slug}/`);
      await admin.request('PUT', `users/${me?.id}`, { json: { users: [{ bio: text() }] } });
    },
    'edits settings': () =>
      admin.settings.edit({ title: text(), description: text(), accent_color: '#1f6f8b' }),
    'edits the navigation': () =>
      admin.settings.edit({
        navigation: JSON.stringify([{ label: text(), url: '/about/' }]),
      }),
    'edits the announcement': () =>
      admin.settings.edit({
        announcement_content: text(),
        announcement_visibility: JSON.stringify(['visitors']),
      }),
    'opens and closes comments': () =>
      admin.settings.edit({ comments_enabled: oneOf(['off', 'all', 'paid']) }),
    'activates a theme': () => admin.themes.activate(oneOf(['casper', 'source'])),
    'edits the settings of a theme': async () => {
      await admin.themes.activate('source');
      const value = oneOf(['Landing', 'Highlight', 'Magazine', 'Search', 'Off']);
      await admin.request('PUT', 'custom_theme_settings', {
        json: { custom_theme_settings: [{ key: 'header_style', value }] },
      });
    },
    'uploads redirects': async () => {
      const from = `/went-${++count}/`;
      paths.add(from);
      const redirects = [{ from: `^${from}$`, to: oneOf(['/about/', '/rss/']), permanent: true }];
      await upload('redirects/upload', 'redirects.json', JSON.stringify(redirects));
    },
    'uploads routes': async () => {
      const permalink = oneOf(['/{slug}/', '/{year}/{slug}/']);
      const collections = `collections:\n  /:\n    permalink: ${permalink}\n    template: index\n`;
      const routes = `routes:\n\n${collections}\ntaxonomies:\n  tag: /tag/{slug}/\n  author: /author/{slug}/\n`;
      await upload('settings/routes/yaml', 'routes.yaml', routes);
    },
    'adds a tier': () =>
      admin.tiers.add({ name: text(), monthly_price: 500, yearly_price: 5_000, currency: 'usd' }),
  };

  return {
    paths: () => [...paths],
    async change() {
      const what = oneOf(Object.keys(changes));
      await changes[what]?.();
      return what;
    },
  };
}

/** Publishes a scheduled post as Ghost's own scheduler does, before its time. */
async function callAsScheduler(id: string): Promise<void> {
  const key =
    "SELECT k.id, k.secret FROM api_keys k JOIN integrations i ON i.id = k.integration_id WHERE i.slug = 'ghost-scheduler'";
  const [kid, secret = ''] = (await sql(key)).split('\t');
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const origin = `https://${DOMAIN}/ghost/api/admin/`;
  const claims = { exp: Math.floor(Date.now() / 1000) + 600, aud: origin };
  const signed = `${part({ alg: 'HS256', kid })}.${part(claims)}`;
  const mac = createHmac('sha256', Buffer.from(secret, 'hex')).update(signed).digest('base64url');
  const { status } = await fetchThroughEdge(
    `${origin}schedules/posts/${id}/?token=${signed}.${mac}`,
    {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ force: true }),
    },
  );
  if (status !== 200) throw new Error(`The scheduler was answered ${status}.`);
}
