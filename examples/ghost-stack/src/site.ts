/** What `.env` says of the site and of how readers reach it. */
export interface Site {
  /** The host name that readers type. */
  domain: string;
  /** Ghost Admin's own host name; empty without one. */
  adminDomain: string;
  /** Who signs the edge's certificate: `public`, `local` or `staging`. */
  certificates: string;
  /** What stands in front: `none`, `cloudflare` or `proxy`. */
  cdn: string;
  /** Further networks that it connects from. */
  cdnAddresses: string;
  /** Whether no public authority signs its certificate. */
  hasOwnAuthority: boolean;
  /** Whether pages come from memory: `on` or `off`. */
  pages: string;
}

/** Names that Caddy's own authority certifies without being told: https://caddyserver.com/docs/automatic-https */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|home\.arpa)$/;

/** Reads the site from the environment. Only beside the sandbox does the name have a default. */
export function readSite(
  env: Record<string, string | undefined>,
  { hasSandbox }: { hasSandbox: boolean },
): { site: Site; problems: string[] } {
  const given = (name: string) => env[name]?.trim() ?? '';
  const domain = given('DOMAIN') || (hasSandbox ? 'ghost.localhost' : '');
  const certificates = given('CERTIFICATES') || 'public';
  const site: Site = {
    domain,
    adminDomain: given('ADMIN_DOMAIN'),
    certificates,
    hasOwnAuthority: certificates === 'local' || LOCAL_NAME.test(domain),
    cdn: given('CDN') || 'none',
    cdnAddresses: given('CDN_ADDRESSES'),
    pages: given('PAGES') || 'on',
  };
  const problems: string[] = [];
  if (site.domain === '') {
    problems.push(
      'DOMAIN is not set: use the host name alone, in small letters, such as blog.example.com.',
    );
  } else if (site.adminDomain === site.domain) {
    problems.push('ADMIN_DOMAIN is the same as DOMAIN: leave it empty to have Admin there.');
  }
  if (site.cdn === 'proxy' && site.cdnAddresses === '') {
    problems.push(
      'CDN is "proxy" without CDN_ADDRESSES: set them to where that proxy connects from.',
    );
  }
  return { site, problems };
}
