import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CloudinaryRefusal } from '../../src/cloudinary/refusal.ts';
import {
  CROPS,
  GRAVITIES,
  IMAGE_FORMATS,
  isComponent,
  parseTransformation,
} from '../../src/cloudinary/transformation.ts';

const { v2: sdk } = createRequire(import.meta.url)('cloudinary') as typeof import('cloudinary');

const refusalOf = (text: string, named = {}): string => {
  try {
    parseTransformation(text.split('/'), named);
  } catch (error) {
    if (error instanceof CloudinaryRefusal) return `${error.status} ${error.message}`;
    throw error;
  }
  return 'accepted';
};

const sizes = fc.integer({ min: 1, max: 99_999 });
const stepOptions = fc.record(
  {
    crop: fc.constantFrom(...CROPS),
    width: sizes,
    height: sizes,
    angle: fc.integer({ min: -360, max: 360 }),
    quality: fc.integer({ min: 1, max: 100 }),
    fetch_format: fc.constantFrom(...IMAGE_FORMATS, 'auto'),
  },
  { requiredKeys: ['crop'] },
);

describe('parseTransformation', () => {
  test('reads what the SDK writes, whatever the order and the number of steps', () => {
    fc.assert(
      fc.property(fc.array(stepOptions, { minLength: 1, maxLength: 4 }), (options) => {
        const text = sdk.utils.generate_transformation_string(structuredClone(options) as never);
        const expected = options.map(({ fetch_format: format, ...rest }) => ({
          ...rest,
          ...(format !== undefined && { format }),
        }));
        expect(text.split('/').every(isComponent)).toBe(true);
        expect(parseTransformation(text.split('/'), {})).toEqual(expected);
      }),
    );
  });

  test('answers any text with steps or a refusal, never with another error', () => {
    const nearMiss = fc
      .tuple(fc.constantFrom('w', 'h', 'c', 'g', 'q', 'f', 'a', 'fl', 't', 'e', 'zz'), fc.string())
      .map(([key, value]) => `${key}_${value}`);
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), nearMiss)), (components) => {
        const answer = refusalOf(components.join('/'));
        expect(answer).toMatch(/^(accepted|400 )/);
      }),
    );
  });

  test.each([
    ['w_abc', '400 Invalid width in transformation: abc'],
    ['w_0', '400 Invalid width in transformation: 0'],
    ['h_-5', '400 Invalid height in transformation: -5'],
    ['c_squash,w_5', '400 Invalid crop in transformation: squash'],
    ['q_101', '400 Invalid quality in transformation: 101'],
    ['f_doc', '400 Invalid extension in transformation: doc'],
    ['zz_1', '400 Invalid transformation component - zz_1'],
    ['constructor_1', '400 Invalid transformation component - constructor_1'],
    ['c_limit,g_auto,w_5', '400 Use auto gravity only with crop, fill, lfill, fill_pad or thumb'],
    ['t_none', '400 Unknown transformation none'],
    ['t_toString', '400 Unknown transformation toString'],
    ['e_sepia', '400 The sandbox does not implement e_sepia in a transformation'],
    ['c_thumb,g_face,w_5', '400 The sandbox does not implement crop thumb'],
  ])('refuses %s', (text, answer) => {
    expect(refusalOf(text)).toBe(answer);
  });

  test('puts a named transformation in its place, and no named one inside it', () => {
    const named = { card: 'c_fill,h_200,w_300/f_webp', loop: 't_loop' };
    expect(parseTransformation(['t_card', 'q_50'], named)).toEqual([
      { crop: 'fill', height: 200, width: 300 },
      { format: 'webp' },
      { quality: 50 },
    ]);
    expect(refusalOf('t_loop', named)).toBe('400 Unknown transformation loop');
  });

  test('takes every gravity it knows for a crop that cuts', () => {
    for (const gravity of Object.keys(GRAVITIES)) {
      expect(refusalOf(`c_fill,g_${gravity},h_1,w_1`)).toBe('accepted');
    }
  });

  test('keeps the name of an attachment', () => {
    expect(parseTransformation(['fl_attachment:report 2026'], {})).toEqual([
      { attachment: 'report 2026' },
    ]);
  });
});
