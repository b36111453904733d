import { CloudinaryRefusal, notImplemented } from './refusal.ts';

/** The crop modes that the stand-in renders. */
export const CROPS = ['scale', 'fit', 'limit', 'fill', 'lfill'] as const;

/** How width and height are met. */
type Crop = (typeof CROPS)[number];

/** Where a crop holds on to the image: sharp's names for Cloudinary's. */
export const GRAVITIES = {
  auto: 'centre',
  center: 'centre',
  north: 'north',
  north_east: 'northeast',
  east: 'east',
  south_east: 'southeast',
  south: 'south',
  south_west: 'southwest',
  west: 'west',
  north_west: 'northwest',
} as const;

/** A format that can be written. */
export const IMAGE_FORMATS = ['jpg', 'png', 'webp', 'avif', 'gif', 'tif'] as const;

/** A format that a derived image can have. */
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** One component of a transformation: what stands between two slashes. */
export interface Step {
  crop?: Crop;
  /** Pixels, or a share of the original's width when below 1. */
  width?: number;
  /** Pixels, or a share of the original's height when below 1. */
  height?: number;
  gravity?: keyof typeof GRAVITIES;
  /** Degrees clockwise. */
  angle?: number;
  format?: ImageFormat | 'auto';
  /** 1 to 100. */
  quality?: number | 'auto';
  /** File name for `fl_attachment:name`, or an empty text for the asset's own. */
  attachment?: string;
  /** `so_…`: the moment of a video that becomes a still image. */
  startOffset?: string;
}

/** The named transformations of an account. */
export type NamedTransformations = Readonly<Record<string, string>>;

/**
 * Every parameter of the vendor's transformation reference: a path segment that begins with one of
 * these and an underscore is part of the transformation and not of the public_id.
 */
const KNOWN_KEYS = new Set(
  (
    'a ac af ar b bl bo br c co cs d dl dn dpr du e eo f fl fn fps g h if ki l o p pg q r so sp t u ' +
    'vc vs w x y z'
  ).split(' '),
);

/** Whether Cloudinary would take a path segment for a component of a transformation. */
export function isComponent(segment: string): boolean {
  return segment.split(',').every((param) => {
    const [key, ...value] = param.split('_');
    return KNOWN_KEYS.has(key ?? '') && value.length > 0;
  });
}

/**
 * Parses the components of a transformation, named ones put in their place.
 *
 * @throws CloudinaryRefusal 400 with Cloudinary's sentence for what is wrong, or one that says what
 * the stand-in does not implement.
 */
export function parseTransformation(
  components: readonly string[],
  named: NamedTransformations,
): Step[] {
  return components.flatMap((component) => {
    const names = component.split(',').filter((param) => param.startsWith('t_'));
    const rest = component.split(',').filter((param) => !param.startsWith('t_') && param !== '');
    const steps = names.flatMap((name) => resolveNamed(name.slice(2), named));
    return rest.length === 0 ? steps : [...steps, parseComponent(rest)];
  });
}

function resolveNamed(name: string, named: NamedTransformations): Step[] {
  const definition = Object.hasOwn(named, name) ? named[name] : undefined;
  if (definition === undefined) throw new CloudinaryRefusal(400, `Unknown transformation ${name}`);
  // A named transformation cannot hold another one, which also keeps this from running in circles.
  return parseTransformation(definition.split('/'), {});
}

function parseComponent(params: readonly string[]): Step {
  const step: Step = {};
  for (const param of params) {
    const at = param.indexOf('_');
    const key = param.slice(0, Math.max(at, 0));
    const parse = Object.hasOwn(PARSERS, key) ? PARSERS[key] : undefined;
    if (parse !== undefined) Object.assign(step, parse(param.slice(at + 1)));
    else if (KNOWN_KEYS.has(key)) throw notImplemented(`${param} in a transformation`);
    else throw new CloudinaryRefusal(400, `Invalid transformation component - ${param}`);
  }
  const cropped = step.crop === 'fill' || step.crop === 'lfill';
  if (step.gravity === 'auto' && !cropped) {
    throw new CloudinaryRefusal(
      400,
      'Use auto gravity only with crop, fill, lfill, fill_pad or thumb',
    );
  }
  return step;
}

const PARSERS: Readonly<Record<string, (value: string) => Step>> = {
  w: (value) => ({ width: parseSize('width', value) }),
  h: (value) => ({ height: parseSize('height', value) }),
  c: (value) => ({ crop: oneOf(CROPS, 'crop', value, OTHER_CROPS) }),
  g: (value) => ({ gravity: oneOf(keysOf(GRAVITIES), 'gravity', value, OTHER_GRAVITIES) }),
  a: (value) => ({ angle: parseNumber('angle', value, /^-?\d{1,3}$/) }),
  q: (value) => ({ quality: parseQuality(value) }),
  f: (value) => ({ format: parseFormat(value) }),
  so: (value) => ({ startOffset: value }),
  fl: parseFlags,
};

const OTHER_CROPS = /^(mfit|pad|lpad|mpad|fill_pad|crop|thumb|auto|auto_pad|imagga_\w+)$/;
const OTHER_GRAVITIES = /^(face|faces|auto:.+|face:.+|custom.*|xy_center|body|liquid|\w+:\w+)$/;

function keysOf<T extends object>(table: T): (keyof T)[] {
  return Object.keys(table) as (keyof T)[];
}

function invalid(what: string, value: string): CloudinaryRefusal {
  return new CloudinaryRefusal(400, `Invalid ${what} in transformation: ${value}`);
}

/** A value of ours, or the vendor's refusal, or ours where the vendor would know the value. */
function oneOf<T extends string>(
  values: readonly T[],
  what: string,
  value: string,
  vendorOnly: RegExp,
): T {
  const found = values.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw vendorOnly.test(value) ? notImplemented(`${what} ${value}`) : invalid(what, value);
}

function parseNumber(what: string, value: string, pattern: RegExp): number {
  if (!pattern.test(value)) throw invalid(what, value);
  return Number(value);
}

function parseSize(what: string, value: string): number {
  if (/^(auto|iw|ih|ow)\b/.test(value)) throw notImplemented(`${what} ${value}`);
  const size = parseNumber(what, value, /^(\d{1,5}|0?\.\d+|1\.0)$/);
  if (size === 0) throw invalid(what, value);
  return size;
}

function parseQuality(value: string): number | 'auto' {
  if (/^auto(:(best|good|eco|low))?$/.test(value)) return 'auto';
  const quality = parseNumber('quality', value, /^\d{1,3}$/);
  if (quality < 1 || quality > 100) throw invalid('quality', value);
  return quality;
}

function parseFormat(value: string): ImageFormat | 'auto' {
  if (value === 'auto') return 'auto';
  return oneOf(
    IMAGE_FORMATS,
    'extension',
    value === 'jpeg' ? 'jpg' : value,
    /^(mp4|webm|jxl|jp2)$/,
  );
}

function parseFlags(value: string): Step {
  const step: Step = {};
  for (const flag of value.split('.fl_').flatMap((part) => part.split('.'))) {
    const [name, ...rest] = flag.split(':');
    if (name === 'attachment') step.attachment = rest.join(':');
    // These change how bytes are written, not what is seen.
    else if (!/^(progressive|lossy|awebp|strip_profile|keep_iptc)$/.test(name ?? '')) {
      throw notImplemented(`fl_${flag}`);
    }
  }
  return step;
}
