import { execFileSync } from 'node:child_process';

/** An image that the stack stands on, as `docker-compose.yml` names it in `x-images`. */
export interface Pin {
  /** The variable that names another one. */
  variable: string;
  /** Name and tag. */
  image: string;
  /** What the tag stood for when it was pinned. */
  digest?: string | undefined;
}

const PIN = /\$\{(\w+_IMAGE):-([^@}]+)(?:@(sha256:[0-9a-f]{64}))?\}/g;

/** Reads the images out of the text of `docker-compose.yml`. */
export function pinsIn(text: string): Pin[] {
  return Array.from(text.matchAll(PIN), ([, variable = '', image = '', digest]) => ({
    variable,
    image,
    digest,
  }));
}

/** The text with these digests beside the tags. */
export function withDigests(text: string, digests: Readonly<Record<string, string>>): string {
  return text.replace(PIN, (pin, variable, image) => {
    const digest = digests[image];
    return digest ? `\${${variable}:-${image}@${digest}}` : pin;
  });
}

/** What the registry has for a tag now. @throws Error when it does not say */
export function digestOf(image: string): string {
  const args = ['buildx', 'imagetools', 'inspect', image, '--format', '{{json .Manifest}}'];
  return JSON.parse(execFileSync('docker', args, { encoding: 'utf8' })).digest;
}

/** What became of an image since it was pinned. */
export type Freshness = 'as pinned' | 'newer' | 'not pinned';

/** Compares an image with what the registry has now. */
export function freshness({ digest }: Pin, current: string): Freshness {
  if (digest === undefined) return 'not pinned';
  return digest === current ? 'as pinned' : 'newer';
}
