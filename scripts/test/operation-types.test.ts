import { openApiOf, operation } from '@prosora/service';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { operationTypes } from '../docs/operation-types.ts';

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
