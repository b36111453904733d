import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Options, OptionsError, readOptions } from '../../src/index.ts';

const options = {
  port: {
    env: 'EXAMPLE_PORT',
    description: 'The port to listen on.',
    schema: z.coerce.number().int().min(0).max(65_535).default(4000),
    unit: 'port',
  },
  apiKey: {
    env: 'EXAMPLE_API_KEY',
    description: 'The key of the account.',
    schema: z.string().regex(/^re_\w+$/),
    secret: true,
    example: 're_123',
  },
} satisfies Options;

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readOptions(options, env);
  } catch (error) {
    if (error instanceof OptionsError) return error.problems;
    throw error;
  }
  return [];
};

const secretFile = (text: string): string => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'prosora-')), 'secret');
  writeFileSync(file, text);
  return file;
};

describe('readOptions', () => {
  test('returns parsed values, with the default where a variable is unset or empty', () => {
    expect(readOptions(options, { EXAMPLE_API_KEY: 're_1' })).toEqual({
      port: 4000,
      apiKey: 're_1',
    });
    expect(readOptions(options, { EXAMPLE_API_KEY: 're_1', EXAMPLE_PORT: '' }).port).toBe(4000);
    expect(readOptions(options, { EXAMPLE_API_KEY: 're_1', EXAMPLE_PORT: '80' }).port).toBe(80);
  });

  test('names every problem at once, each with its variable', () => {
    const problems = problemsOf({ EXAMPLE_PORT: '70000' });
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/^EXAMPLE_PORT: "70000" is not accepted/);
    expect(problems[1]).toBe(
      'EXAMPLE_API_KEY is required. The key of the account. For example: re_123',
    );
  });

  test('reads a secret from the file that <NAME>_FILE names, without its last newline', () => {
    expect(readOptions(options, { EXAMPLE_API_KEY_FILE: secretFile('re_9\n') }).apiKey).toBe(
      're_9',
    );
  });

  test('refuses a secret given twice, and a file that cannot be read', () => {
    const file = secretFile('re_9');
    expect(problemsOf({ EXAMPLE_API_KEY: 're_1', EXAMPLE_API_KEY_FILE: file })).toEqual([
      'EXAMPLE_API_KEY and EXAMPLE_API_KEY_FILE are both set: keep one.',
    ]);
    expect(problemsOf({ EXAMPLE_API_KEY_FILE: `${file}.gone` })[0]).toMatch(
      /cannot be read \(ENOENT\)/,
    );
  });

  test('reads any other option from a file too, where an empty one leaves the default', () => {
    const env = { EXAMPLE_API_KEY: 're_1', EXAMPLE_PORT_FILE: secretFile('80\n') };
    expect(readOptions(options, env).port).toBe(80);
    expect(readOptions(options, { ...env, EXAMPLE_PORT_FILE: secretFile('') }).port).toBe(4000);
  });

  test('never repeats a wrong secret', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), (secret) => {
        fc.pre(
          !/^re_\w+$/.test(secret) &&
            !'EXAMPLE_API_KEY: its value is not accepted'.includes(secret),
        );
        const [problem] = problemsOf({ EXAMPLE_API_KEY: secret });
        expect(problem).toMatch(/^EXAMPLE_API_KEY: its value is not accepted/);
        expect(problem).not.toContain(secret);
      }),
    );
  });
});
