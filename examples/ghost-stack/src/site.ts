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

/** A host name, not an address with a scheme: https://datatracker.ietf.org/doc/html/rfc1123#section-2.1 */
const HOST_NAME = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/;

/** Names that Caddy's own authority certifies without being told: https://caddyserver.com/docs/automatic-https */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|home\.arpa)$/;

/** Each is a file in the folder of that name below `caddy`, or a pair of them. */
const CERTIFICATES = ['public', 'local', 'staging'];
const PAGES = ['on', 'off'];
const CDNS = ['none', 'cloudflare', 'proxy'];

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
  const hostName = 'set it to the host name alone, in small letters, such as blog.example.com';
  if (site.domain === '') problems.push(`DOMAIN is not set: ${hostName}.`);
  else if (!HOST_NAME.test(site.domain)) {
    problems.push(`DOMAIN is "${site.domain}": ${hostName}.`);
  }
  if (site.adminDomain !== '' && !HOST_NAME.test(site.adminDomain)) {
    problems.push(`ADMIN_DOMAIN is "${site.adminDomain}": ${hostName}, or leave it empty.`);
  } else if (site.adminDomain !== '' && site.adminDomain === site.domain) {
    problems.push('ADMIN_DOMAIN is the same as DOMAIN: leave it empty to have Admin there.');
  }
  if (!CERTIFICATES.includes(site.certificates)) {
    problems.push(`CERTIFICATES is "${site.certificates}": use ${CERTIFICATES.join(', ')}.`);
  }
  if (!PAGES.includes(site.pages)) {
    problems.push(`PAGES is "${site.pages}": use ${PAGES.join(', ')}.`);
  }
  if (!CDNS.includes(site.cdn)) {
    problems.push(`CDN is "${site.cdn}": use ${CDNS.join(', ')}.`);
  } else if (site.cdn === 'proxy' && site.cdnAddresses === '') {
    problems.push(
      'CDN is "proxy" without CDN_ADDRESSES: set them to where that proxy connects from.',
    );
  }
  return { site, problems };
}
