import { type Collection, createCollection, type GhostRecord } from './collection.ts';
import type { GhostEmail } from './emails.ts';
import type { AdminRequest } from './request.ts';

/** A post as the Admin API sends it. */
export type GhostPost = GhostRecord<{
  uuid: string;
  title: string;
  slug: string;
  url: string;
  status: 'draft' | 'published' | 'scheduled' | 'sent';
  html: string | null;
  lexical: string | null;
  feature_image: string | null;
  updated_at: string;
  /** The newsletter it went out with. */
  email?: GhostEmail | null;
}>;

/** Whom to mail a post to when it is published. */
export interface PublishOptions {
  /** The newsletter's slug. Without it nothing is mailed. */
  newsletter?: string;
  /** An NQL filter of members. (Default: `all`) */
  emailSegment?: string;
}

/** Posts, whose text is given as `lexical`: see `lexicalDocument`. */
export interface Posts extends Collection<GhostPost> {
  /** Publishes a draft, by mail too if a newsletter is named. */
  publish(id: string, options?: PublishOptions): Promise<GhostPost>;
}

/** The posts of a site; answers hold `html` beside `lexical`, and the e-mail if there is one. */
export function createPosts(request: AdminRequest): Posts {
  const posts = createCollection<GhostPost>(request, 'posts');
  const wanted = { formats: 'html,lexical', include: 'email,tags,authors,newsletter' };

  const edit: Posts['edit'] = async (id, changes, query) => {
    // Ghost refuses an edit that does not name the version it changes.
    const updated_at = changes['updated_at'] ?? (await posts.read(id)).updated_at;
    return await posts.edit(id, { ...changes, updated_at }, { ...wanted, ...query });
  };
  return {
    browse: (query) => posts.browse({ ...wanted, ...query }),
    read: (id, query) => posts.read(id, { ...wanted, ...query }),
    add: (fields, query) => posts.add(fields, { ...wanted, ...query }),
    edit,
    remove: posts.remove,
    publish: (id, { newsletter, emailSegment = 'all' } = {}) =>
      edit(
        id,
        { status: 'published' },
        newsletter ? { newsletter, email_segment: emailSegment } : {},
      ),
  };
}
