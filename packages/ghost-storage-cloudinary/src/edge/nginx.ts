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

/** A file for nginx's `http` block (1.18 and later). @throws StorageError EDGE_CANNOT_SIGN */
export function nginxConfig(rules: EdgeRules): string {
  refuseSigning(rules, 'nginx');
  const { siteUrl, edgeUrl, deliveryUrl, idPrefix, sizes, resolver } = rules;
  const { origin, pathname, host } = new URL(deliveryUrl);
  const cloud = pathname.replace(/\/$/, '');
  const site = new URL(siteUrl);
  const folder = site.pathname.replace(/\/$/, '');
  const edge = new URL(edgeUrl);
  const store = '(?<cld_store>images|media|files)';
  const stem = `(?<cld_stem>${PLAIN_STEM})`;
  const extension = (known: Iterable<string>) => String.raw`\.(?<cld_extension>${anyOf(known)})`;
  const size = `size/(?<cld_size>${anyOf(sizes.keys())})/`;
  const toCloudinary = (pattern: string, target: string) => `
    location ~ "^/content/${pattern}$" {
        rewrite ^ ${cloud}/${target}? break;
        proxy_pass $cld_origin;
        proxy_set_header Host ${host};
        proxy_set_header Cookie "";
        proxy_set_header Authorization "";
        proxy_ssl_server_name on;
        proxy_hide_header Set-Cookie;
        proxy_hide_header X-Content-Type-Options;
        add_header X-Content-Type-Options nosniff;
        proxy_intercept_errors on;
        error_page 401 404 = @ghost_site;
    }`;

  return `# Made by \`ghost-cloudinary edge nginx\`. Cloudinary's pictures under Ghost's own paths; what is not
# there, or not plain, is asked of the site.
map $cld_size $cld_resize {
${[...sizes].map(([name, transformation]) => `    ${name} "${transformation}";`).join('\n')}
}
map $cld_extension $cld_delivered {
${[...IMAGE_EXTENSIONS, ...VIDEO_EXTENSIONS]
  .filter(([name]) => name === name.toLowerCase())
  .map(([name, delivered]) => `    ${name} ${delivered};`)
  .join('\n')}
}

upstream ghost_site {
    server ${site.hostname}:${site.port || (site.protocol === 'http:' ? 80 : 443)};
}

server {
    ${listenOf(edge)}
    server_name ${edge.hostname};

    # The addresses of Cloudinary change. A name in a variable is asked for again, of this DNS server: put
    # that of your network here, which /etc/resolv.conf names. In Docker it is 127.0.0.11.
    resolver ${resolver} valid=60s;
    set $cld_origin ${origin};
${toCloudinary(
  `images/${size}format/(?<cld_format>${anyOf(FORMATS)})/${stem}${extension(without(IMAGE_EXTENSIONS, NOT_RESIZED))}`,
  `image/upload/$cld_resize/v1/${idPrefix}images/\${cld_stem}_$cld_extension.$cld_format`,
)}

    location ~ ^/content/images/size/[^/]+/(size|format)/ {
        try_files /nonexistent @ghost_site;
    }
${toCloudinary(
  `images/${size}${stem}${extension(without(IMAGE_EXTENSIONS, NOT_RESIZED_AS_IS))}`,
  `image/upload/$cld_resize/v1/${idPrefix}images/\${cld_stem}_$cld_extension.$cld_delivered`,
)}

    location ~ ^/content/images/size/ {
        try_files /nonexistent @ghost_site;
    }
${toCloudinary(
  `${store}/${stem}${extension(IMAGE_EXTENSIONS.keys())}`,
  `image/upload/v1/${idPrefix}$cld_store/\${cld_stem}_$cld_extension.$cld_delivered`,
)}
${toCloudinary(
  `${store}/${stem}${extension(VIDEO_EXTENSIONS.keys())}`,
  `video/upload/v1/${idPrefix}$cld_store/\${cld_stem}_$cld_extension.$cld_delivered`,
)}
${toCloudinary(
  String.raw`${store}/(?<cld_stem>${PLAIN_STEM}\.[A-Za-z0-9_-]+)`,
  `raw/upload/v1/${idPrefix}$cld_store/$cld_stem`,
)}

    location ~ ^/content/(images|media|files)/ {
        try_files /nonexistent @ghost_site;
    }

    location @ghost_site {
        # As it came: with a variable nginx does not encode it anew, and a group needs no resolver.
        proxy_pass ${site.protocol}//ghost_site${folder}$request_uri;
        proxy_ssl_name ${site.hostname};
        proxy_set_header Host ${site.host};
        proxy_set_header X-Forwarded-Proto ${site.protocol.slice(0, -1)};
        proxy_ssl_server_name on;
    }

    location / {
        return 404;
    }
}
`;
}

/** TLS is the reader's to set: the paths of certificates are not known here. */
function listenOf({ protocol, port }: URL): string {
  if (protocol === 'http:') return `listen ${port || 80};`;
  return `listen ${port || 443} ssl;
    # ssl_certificate and ssl_certificate_key belong here.`;
}
