import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLogger, hideFurther } from '../../src/index.ts';

const HIDDEN = '[redacted]';

const secret = fc
  .oneof(
    fc.string({ minLength: 6, maxLength: 48 }),
    fc.string({ minLength: 6, maxLength: 24, unit: 'grapheme' }),
    fc.string({ minLength: 6, maxLength: 24, unit: 'binary' }),
    fc.string({ minLength: 6, maxLength: 12, unit: fc.constantFrom(...'\\"/%+ n4u1\n\t&') }),
    fc.base64String({ minLength: 8, maxLength: 64 }).map((text) => `whsec_${text}`),
  )
  .filter((text) => text.isWellFormed() && !HIDDEN.includes(text));

const percent = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const jsonText = (text: string) => JSON.stringify(text).slice(1, -1);
const asciiJson = (text: string) =>
  jsonText(text).replace(/[^ -~]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });

/** The ways in which servers and libraries write down what they were sent. */
const ENCODINGS: Record<string, (text: string, neighbours: [string, string]) => string> = {
  plain: (text) => text,
  'in base64': (text, [before, after]) => Buffer.from(before + text + after).toString('base64'),
  'in base64url': (text, [before, after]) =>
    Buffer.from(before + text + after).toString('base64url'),
  'in hex': (text) => Buffer.from(text).toString('hex'),
  'in HEX': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'percent-encoded': (text) => encodeURIComponent(text),
  'percent-encoded in lower case': (text) =>
    encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()),
  'percent-encoded byte for byte': percent,
  'percent-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'in a form': (text) => new URLSearchParams({ key: text }).toString(),
  'in JSON': (text) => JSON.stringify({ text }),
  'in JSON within JSON': (text) => JSON.stringify(JSON.stringify({ text })),
  'in JSON as PHP writes it': (text) => asciiJson(text).replaceAll('/', '\\/'),
  'in base64 in a URL': (text, [before, after]) =>
    encodeURIComponent(Buffer.from(before + text + after).toString('base64')),
  'percent-encoded in JSON within JSON': (text) => jsonText(jsonText(encodeURIComponent(text))),
};

/** Where in a line it stands, and how deep. */
const PLACES: Record<string, (text: string, depth: number) => [object, string]> = {
  message: (text) => [{}, text],
  field: (text, depth) => [nested({ text }, depth), 'said'],
  list: (text, depth) => [nested({ texts: ['a', text] }, depth), 'said'],
  key: (text, depth) => [nested({ [text]: 1 }, depth), 'said'],
  error: (text, depth) => [
    { err: Object.assign(new Error(text), { context: nested({ text }, depth) }) },
    'failed',
  ],
};

function nested(innermost: object, depth: number): object {
  return depth === 0 ? innermost : { a: nested({ b: [innermost] }, depth - 1) };
}

/** What is written with this secret known. */
function write(known: string, fields: object, message: string): string {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ name: 'test', secrets: [known], destination });
  logger.child({ request: fields }).info(fields, message);
  return lines.join('');
}

function textsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [`${value}`];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
}

/** All that somebody with the usual decoders can read out of a text. */
function readingsOf(text: string, layers = 3): string[] {
  const found = [text];
  for (const [run] of text.matchAll(/[\w+/-]{6,}/g)) {
    for (let from = 0; from < 4; from += 1) {
      found.push(Buffer.from(run.slice(from), 'base64').toString());
      found.push(Buffer.from(run.slice(from), 'hex').toString());
    }
  }
  if (layers === 0) return found;
  const decoded = [
    () => decodeURIComponent(text),
    () => decodeURIComponent(text.replaceAll('+', ' ')),
    () => JSON.parse(`"${text}"`) as string,
    () => JSON.parse(text) as unknown,
  ].flatMap((decode) => {
    try {
      return textsIn(decode());
    } catch {
      return [];
    }
  });
  return [
    ...found,
    ...decoded.filter((inner) => inner !== text).flatMap((inner) => readingsOf(inner, layers - 1)),
  ];
}

test.each(Object.keys(ENCODINGS))('a secret %s is in no line, wherever it stands', (encoding) => {
  const neighbour = fc.string({ maxLength: 5 });
  fc.assert(
    fc.property(
      secret,
      fc.tuple(neighbour, neighbour),
      fc.constantFrom(...Object.keys(PLACES)),
      fc.nat({ max: 6 }),
      fc.constantFrom(
        ['', ''],
        ['sent "', '" to C:\\new\\table'],
        ['https://a.test/?a=%20&key=', '&b=2'],
      ),
      (known, neighbours, place, depth, [before, after]) => {
        const text = `${before}${ENCODINGS[encoding]?.(known, neighbours)}${after}`;
        const line = write(known, ...(PLACES[place]?.(text, depth) ?? [{}, '']));
        const readings = textsIn(JSON.parse(line)).flatMap((inner) => readingsOf(inner));
        expect(readings.filter((reading) => reading.includes(known))).toEqual([]);
      },
    ),
    { numRuns: 150 },
  );
});

test('a secret nobody knows is hidden by its key at any depth', () => {
  const key = fc.constantFrom(
    'authorization',
    'Set-Cookie',
    'apiKey',
    'client_secret',
    'PASSWORD',
    'accessToken',
    'x-api-key',
  );
  fc.assert(
    fc.property(fc.uuid(), key, fc.nat({ max: 40 }), (value, name, depth) => {
      const line = write('known-otherwise', nested({ [name]: { raw: [value] } }, depth), 'said');
      expect(line).not.toContain(value);
    }),
  );
});

test('a line without a secret is written as it is', () => {
  const fields = fc.dictionary(fc.constantFrom('a', 'b', 'url', 'note'), fc.jsonValue());
  fc.assert(
    fc.property(fields, fc.string(), (values, message) => {
      expect(JSON.parse(write('known-otherwise', values, message))).toMatchObject({
        ...JSON.parse(JSON.stringify(values)),
        msg: message,
      });
    }),
  );
});

test('secrets that come later are hidden too, in lines of children made before, and those before stay hidden', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const logger = createLogger({ name: 'late', secrets: ['the-first-secret'], destination });
  const child = logger.child({ part: 'child' });
  hideFurther(logger, ['the-second-secret']);
  for (const one of [logger, child]) one.info('the-first-secret, the-second-secret');
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
    `${HIDDEN}, ${HIDDEN}`,
    `${HIDDEN}, ${HIDDEN}`,
  ]);
});
