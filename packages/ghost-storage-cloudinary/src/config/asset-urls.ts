/** Ghost's `urls`: where it says that the files of each store are, in place of the site itself. */
export type AssetUrls = Partial<Record<'image' | 'media' | 'files', string | undefined>>;

/** Which of Ghost's settings belongs to which store. */
export const URL_KEY_OF = { images: 'image', media: 'media', files: 'files' } as const;

/** An absolute URL of the web; undefined for anything else, as a host without `https://`. */
export function parseAssetUrl(value: string): URL | undefined {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined;
}

/**
 * What is wrong with Ghost's `urls`, a sentence each. All of it renders or loses URLs without a word
 * from Ghost (measured on 6.65 with url-utils 5.3; the first is in Ghost's own documentation).
 */
export function assetUrlProblems(urls: AssetUrls): string[] {
  return Object.entries(urls).flatMap(([key, value]) => {
    if (!value) return [];
    const said = `urls.${key}: ${JSON.stringify(value)}`;
    const url = parseAssetUrl(value);
    if (url === undefined) {
      return [`${said} is no URL. Give the origin of your edge, such as https://img.example.com.`];
    }
    const problems: string[] = [];
    const folder = /\/content\/(?:images|media|files)\/*$/.exec(url.pathname)?.[0];
    if (folder !== undefined) {
      const base = value.replace(/\/content\/(?:images|media|files)\/*$/, '');
      problems.push(
        `${said} must end before ${folder}, or Ghost loses that part of every URL it stores. Set ${JSON.stringify(base)}.`,
      );
    }
    if (value.includes(',')) {
      problems.push(
        `${said} holds a comma, at which Ghost cuts srcset. Write f_auto/q_auto in place of f_auto,q_auto.`,
      );
    }
    if (key === 'image' && /\/image\/upload(\/|$)/.test(url.pathname)) {
      problems.push(
        `${said} points at Cloudinary itself, which has no /content/images/size/…: every size is a 404. Put an edge in between: ghost-cloudinary edge.`,
      );
    }
    return problems;
  });
}
