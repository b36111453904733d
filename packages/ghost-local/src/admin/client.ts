import { type Collection, createCollection, type GhostRecord } from './collection.ts';
import { createEmails, type Emails } from './emails.ts';
import { DEFAULT_OWNER, type SiteOwner, setUpSite } from './owner.ts';
import { createPosts, type Posts } from './posts.ts';
import {
  type AdminQuery,
  type AdminRequest,
  type AdminTarget,
  createAdminRequest,
} from './request.ts';
import { createSettings, type Settings } from './settings.ts';
import { createThemes, type Themes } from './themes.ts';
import { createUploads, type Uploads } from './uploads.ts';

/** A member as the Admin API sends it. */
export type GhostMember = GhostRecord<{
  uuid: string;
  email: string;
  name: string | null;
  status: 'free' | 'paid' | 'comped';
}>;

/** A tier; prices are in cents. */
export type GhostTier = GhostRecord<{
  name: string;
  slug: string;
  type: 'free' | 'paid';
  monthly_price?: number;
  yearly_price?: number;
}>;

/** A newsletter of the site. */
export type GhostNewsletter = GhostRecord<{ uuid: string; name: string; slug: string }>;

/** What {@link createAdminClient} can be told. */
export interface AdminClientOptions {
  /** Who signs in, and owns a site that is new. (Default: {@link DEFAULT_OWNER}) */
  owner?: SiteOwner;
  /** The title of a site that is new. (Default: `Harbour Notes`) */
  blogTitle?: string;
  /** (Default: the global one) */
  fetch?: typeof globalThis.fetch;
}

/** Drives a Ghost through its own Admin API, as its owner. Call `setup` first. */
export interface AdminClient extends Uploads {
  readonly owner: SiteOwner;
  /** Any route there is no method for. */
  readonly request: AdminRequest;
  readonly settings: Settings;
  readonly posts: Posts;
  readonly pages: Collection<GhostRecord>;
  readonly tags: Collection<GhostRecord>;
  readonly members: Collection<GhostMember>;
  readonly tiers: Collection<GhostTier>;
  readonly newsletters: Collection<GhostNewsletter>;
  readonly integrations: Collection<GhostRecord>;
  readonly emails: Emails;
  readonly themes: Themes;
  /** Sets the site up if nobody has, and signs in. */
  setup(): Promise<void>;
  /** `GET stats/<path>`, such as `top-content`. */
  stats<Body = unknown>(path: string, query?: AdminQuery): Promise<Body>;
}

/**
 * A client of the Admin API of `target`, such as what `bootGhost` resolves to.
 *
 * Every method throws AdminApiError with Ghost's own words if Ghost refuses.
 */
export function createAdminClient(
  target: AdminTarget,
  options: AdminClientOptions = {},
): AdminClient {
  const { owner = DEFAULT_OWNER, blogTitle = 'Harbour Notes', fetch = globalThis.fetch } = options;
  const request = createAdminRequest(target, fetch);
  return {
    owner,
    request,
    ...createUploads(request),
    settings: createSettings(request),
    posts: createPosts(request),
    pages: createCollection(request, 'pages'),
    tags: createCollection(request, 'tags'),
    members: createCollection(request, 'members'),
    tiers: createCollection(request, 'tiers'),
    newsletters: createCollection(request, 'newsletters'),
    integrations: createCollection(request, 'integrations'),
    emails: createEmails(request),
    themes: createThemes(request),
    setup: () => setUpSite(request, owner, blogTitle),
    stats: (path, query = {}) => request('GET', `stats/${path}`, { query }),
  };
}
