import {
  findingSchema,
  openApiOf,
  operation,
  pageInput,
  pageOf,
  serviceNumbers,
} from '@prosora/service';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { operationTypes, sharedTypes } from '../docs/operation-types.ts';

const time = z.coerce.date().meta({ type: 'string', format: 'date-time' });

test('what an operation takes and answers is written down as it goes over the wire', () => {
  const operations = {
    'dead-letters': operation({
      summary: 'Lists them.',
      access: 'read',
      input: z.object({ limit: z.coerce.number().default(5).describe('How many') }),
      output: z.object({
        items: z.array(z.object({ at: time.nullable(), state: z.enum(['dead', 'done']) })),
        counts: z.record(z.string(), z.number()),
      }),
    }),
    purge: operation({
      summary: 'Purges.',
      access: 'write',
      input: z.object({ paths: z.array(z.string()).optional() }),
      output: z.object({ paths: z.union([z.literal('/*'), z.array(z.string())]) }),
    }),
  };
  const document = openApiOf('cdn', '1', operations);
  expect(
    operationTypes(document, 'openapi.json'),
  ).toBe(`// Made from openapi.json by \`npm run docs\`; do not edit.

export interface operations {
  /** Lists them. */
  'dead-letters': {
    access: 'read';
    input: {
      /** How many */
      'limit'?: number | undefined;
    };
    output: {
      'items': ({
        'at': string | null;
        'state': "dead" | "done";
      })[];
      'counts': Record<string, number>;
    };
  };
  /** Purges. */
  'purge': {
    access: 'write';
    input: {
      'paths'?: (string)[] | undefined;
    };
    output: {
      'paths': "/*" | (string)[];
    };
  };
}
`);
});

/** What is written of one operation that reads. */
function writtenOf(input: z.ZodObject, output: z.ZodObject): string {
  const look = operation({ summary: 'Looks.', access: 'read', input, output });
  return operationTypes(openApiOf('cdn', '1', { look }), 'openapi.json');
}

test('what services share is written once, and imported where it is the same to the word', () => {
  const item = z.object({ id: z.string() });
  const text = writtenOf(z.object({ ...pageInput, site: z.string() }), pageOf(item));
  expect(text).toContain("import type { Page, PageInput } from './every-service.ts';");
  expect(text).toContain("input: PageInput & {\n      'site': string;\n    };");
  expect(text).toContain("output: Page<{\n      'id': string;\n    }>;");
  const status = writtenOf(
    z.object({}),
    z.object({ ...serviceNumbers, dead: z.number(), found: z.array(findingSchema) }),
  );
  expect(status).toContain("import type { Finding, Numbers } from './every-service.ts';");
  expect(status).toContain(
    "output: Numbers & {\n      'dead': number;\n      'found': (Finding)[];\n    };",
  );
  for (const name of ['Page<Item>', 'PageInput', 'Finding', 'Numbers']) {
    expect(sharedTypes()).toContain(`export interface ${name} {`);
  }
});

test('what differs by a word from what services share is written where it is', () => {
  const { limit } = pageInput;
  const input = z.object({ ...pageInput, limit: limit.describe('As many') });
  const next = z.object({ items: z.array(z.string()), next: z.string() });
  const text = writtenOf(input, next);
  expect(text).not.toContain('import');
  expect(text).toContain('/** As many */');
  expect(writtenOf(z.object({}), z.object({ ...serviceNumbers, failures: z.number() }))).toContain(
    "'isReady': boolean;",
  );
  const optional = findingSchema.extend({ remedy: z.string().describe('What to do about it') });
  expect(writtenOf(z.object({}), optional)).not.toContain('Finding');
});
