import { FORMATS } from '../serve/sizes.ts';
import {
  anyOf,
  type EdgeRules,
  IMAGE_EXTENSIONS,
  NOT_RESIZED,
  NOT_RESIZED_AS_IS,
  PLAIN_STEM,
  refuseSigning,
  VIDEO_EXTENSIONS,
  without,
} from './rules.ts';

/** The block of a Caddyfile for the asset host (Caddy 2.11). @throws StorageError EDGE_CANNOT_SIGN */
export function caddyfile(rules: EdgeRules): string {
  refuseSigning(rules, 'Caddy');
  const { siteUrl, edgeUrl, deliveryUrl, idPrefix, sizes } = rules;
  const { origin, pathname } = new URL(deliveryUrl);
  const cloud = pathname.replace(/\/$/, '');
  const site = new URL(siteUrl);
  const folder = site.pathname.replace(/\/$/, '');
  const stores = '(images|media|files)';
  const size = `size/(${anyOf(sizes.keys())})/`;
  return `# Made by \`ghost-cloudinary edge caddy\`. Cloudinary's pictures under Ghost's own paths; what is not
# there, or not plain, is asked of the site.
(cloudinary) {
\treverse_proxy ${origin} {
\t\theader_up Host {upstream_hostport}
\t\theader_up -Cookie
\t\theader_up -Authorization
\t\theader_down -Set-Cookie
\t\theader_down X-Content-Type-Options nosniff
\t\t@absent status 401 404
\t\thandle_response @absent {
\t\t\trewrite * ${folder}{http.request.orig_uri}
\t\t\timport ghost_site
\t\t}
\t}
}

(ghost_site) {
\treverse_proxy ${site.origin} {
\t\theader_up Host ${site.host}
\t\theader_up X-Forwarded-Proto ${site.protocol.slice(0, -1)}
\t}
}

${edgeUrl} {
\tmap {re.cld.1} {cld_size} {
${[...sizes].map(([name, transformation]) => `\t\t${name} "${transformation}"`).join('\n')}
\t}
\tmap {http.request.uri.path} {cld_extension} {
${[...IMAGE_EXTENSIONS, ...VIDEO_EXTENSIONS].map(([name, delivered]) => `\t\t~\\.${name}$ ${delivered}`).join('\n')}
\t}

\t@formatted path_regexp cld ^/content/images/${size}format/(${anyOf(FORMATS)})/(${PLAIN_STEM})\\.(${anyOf(without(IMAGE_EXTENSIONS, NOT_RESIZED))})$
\thandle @formatted {
\t\trewrite * ${cloud}/image/upload/{cld_size}/v1/${idPrefix}images/{re.cld.3}_{re.cld.4}.{re.cld.2}?
\t\timport cloudinary
\t}

\t@nested path_regexp ^/content/images/size/[^/]+/(size|format)/
\thandle @nested {
\t\trewrite * ${folder}{uri}
\t\timport ghost_site
\t}

\t@sized path_regexp cld ^/content/images/${size}(${PLAIN_STEM})\\.(${anyOf(without(IMAGE_EXTENSIONS, NOT_RESIZED_AS_IS))})$
\thandle @sized {
\t\trewrite * ${cloud}/image/upload/{cld_size}/v1/${idPrefix}images/{re.cld.2}_{re.cld.3}.{cld_extension}?
\t\timport cloudinary
\t}

\t@size path /content/images/size/*
\thandle @size {
\t\trewrite * ${folder}{uri}
\t\timport ghost_site
\t}

\t@image path_regexp cld ^/content/${stores}/(${PLAIN_STEM})\\.(${anyOf(IMAGE_EXTENSIONS.keys())})$
\thandle @image {
\t\trewrite * ${cloud}/image/upload/v1/${idPrefix}{re.cld.1}/{re.cld.2}_{re.cld.3}.{cld_extension}?
\t\timport cloudinary
\t}

\t@video path_regexp cld ^/content/${stores}/(${PLAIN_STEM})\\.(${anyOf(VIDEO_EXTENSIONS.keys())})$
\thandle @video {
\t\trewrite * ${cloud}/video/upload/v1/${idPrefix}{re.cld.1}/{re.cld.2}_{re.cld.3}.{cld_extension}?
\t\timport cloudinary
\t}

\t@raw path_regexp cld ^/content/${stores}/(${PLAIN_STEM}\\.[A-Za-z0-9_-]+)$
\thandle @raw {
\t\trewrite * ${cloud}/raw/upload/v1/${idPrefix}{re.cld.1}/{re.cld.2}?
\t\timport cloudinary
\t}

\t@content path /content/images/* /content/media/* /content/files/*
\thandle @content {
\t\trewrite * ${folder}{uri}
\t\timport ghost_site
\t}

\trespond 404
}
`;
}
