/** A block of a post: https://github.com/TryGhost/Koenig, `kg-default-nodes` */
export type LexicalBlock = Record<string, unknown> & { type: string };

/** The image card. */
export interface LexicalImage {
  src: string;
  alt?: string;
  /** HTML. */
  caption?: string;
  title?: string;
  /** Pixels. Ghost renders no srcset without it, and only its editor measures an image. */
  width?: number;
  /** Pixels. */
  height?: number;
  href?: string;
  cardWidth?: 'regular' | 'wide' | 'full';
}

/** The gallery card, up to nine images. */
export interface LexicalGallery {
  /** Ghost leaves out an image without its size in pixels. */
  images: { src: string; width: number; height: number; alt?: string }[];
  /** HTML. */
  caption?: string;
}

const TEXT_BLOCK = { version: 1, direction: 'ltr', format: '', indent: 0 };

/** Ghost's editor puts three images in a row of a gallery. */
const GALLERY_ROW_LENGTH = 3;

function textNode(text: string) {
  return {
    type: 'extended-text',
    version: 1,
    text,
    format: 0,
    detail: 0,
    mode: 'normal',
    style: '',
  };
}

/** A paragraph of plain text. */
export function paragraph(text: string): LexicalBlock {
  return { type: 'paragraph', ...TEXT_BLOCK, children: [textNode(text)] };
}

/** A heading of plain text. */
export function heading(text: string, tag: 'h2' | 'h3' | 'h4' = 'h2'): LexicalBlock {
  return { type: 'extended-heading', tag, ...TEXT_BLOCK, children: [textNode(text)] };
}

/** An image card. */
export function image(fields: LexicalImage): LexicalBlock {
  return { type: 'image', version: 1, cardWidth: 'regular', ...fields };
}

/** A gallery card. */
export function gallery({ images, caption = '' }: LexicalGallery): LexicalBlock {
  return {
    type: 'gallery',
    version: 1,
    caption,
    images: images.map((fields, index) => ({
      fileName: fields.src.split('/').at(-1),
      row: Math.floor(index / GALLERY_ROW_LENGTH),
      ...fields,
    })),
  };
}

/** The HTML card, whose content Ghost leaves as it is. */
export function html(content: string): LexicalBlock {
  return { type: 'html', version: 1, html: content };
}

/** The value of a post's `lexical` field. */
export function lexicalDocument(...children: LexicalBlock[]): string {
  return JSON.stringify({ root: { type: 'root', ...TEXT_BLOCK, children } });
}
