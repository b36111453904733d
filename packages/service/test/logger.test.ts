import { expect, test } from 'vitest';
import { createLogger, type Logger, ProsoraError } from '../src/index.ts';

/** What one log call writes, parsed and as text. */
const written = (secrets: string[], write: (logger: Logger) => void) => {
  const lines: string[] = [];
  write(
    createLogger({
      name: 'test',
      secrets,
      destination: { write: (line) => void lines.push(line) },
    }),
  );
  const text = lines.join('');
  return { text, line: JSON.parse(text) };
};

test('a line is JSON with the name of the service and an ISO time', () => {
  const { line, text } = written([], (logger) => logger.info({ jobs: 3 }, 'claimed'));
  expect(line).toMatchObject({ name: 'test', jobs: 3, msg: 'claimed' });
  expect(new Date(line.time).toISOString()).toBe(line.time);
  expect(text).toMatch(/^[^\n]+\n$/);
});

test('what a secret stands under is redacted by its name, and nothing else is', () => {
  const { line } = written([], (logger) =>
    logger.child({ resendApiKey: 'one' }).info({
      request: { headers: { 'x-auth-token': 'two', cookies: ['three'], accept: 'text/html' } },
      deep: [{ a: { b: { c: { d: { Password: { current: 'four' } } } } } }],
      token: null,
      hasSecret: true,
      tokenName: 'tracker',
    }),
  );
  expect(line).toMatchObject({
    resendApiKey: '[redacted]',
    request: {
      headers: { 'x-auth-token': '[redacted]', cookies: '[redacted]', accept: 'text/html' },
    },
    deep: [{ a: { b: { c: { d: { Password: '[redacted]' } } } } }],
    token: null,
    hasSecret: true,
    tokenName: 'tracker',
  });
});

test('a known secret is redacted inside messages, errors and JSON-escaped text', () => {
  const secret = 'whsec_"quoted"\\key';
  const error = new ProsoraError('UPSTREAM', `refused Bearer ${secret}`, {
    context: { sent: secret },
  });
  const { text, line } = written([secret], (logger) =>
    logger.error({ err: error }, `sent ${secret}`),
  );
  expect(text).not.toContain('whsec_');
  expect(line.msg).toBe('sent [redacted]');
  expect(line.err).toMatchObject({ message: 'refused Bearer [redacted]', code: 'UPSTREAM' });
});

test('what stands around an encoded secret stays readable', () => {
  const secret = 'p&ss/word';
  const basic = Buffer.from(`user:${secret}`).toString('base64');
  const { line } = written([secret], (logger) =>
    logger.warn(
      { url: `https://db.test/a%20b?x=1&pw=${encodeURIComponent(secret)}&y=2` },
      `sent Basic ${basic}, answered 401`,
    ),
  );
  expect(line.url).toBe('https://db.test/a%20b?x=1&pw=[redacted]&y=2');
  expect(line.msg).toMatch(/^sent Basic dXNl\S*\[redacted]\S*, answered 401$/);
});

test('a secret of digits is redacted as a number too, and the line stays JSON', () => {
  const { line } = written(['20261129'], (logger) => logger.info({ pin: 20261129, bytes: 2026 }));
  expect(line).toMatchObject({ pin: '[redacted]', bytes: 2026 });
});

test.each([100, 2000, 3000, 3500, 4000, 6000])(
  'a secret %i levels down is in no line, and the next line is written',
  (depth) => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const logger = createLogger({ name: 'test', secrets: ['a-secret'], destination });
    logger.info(JSON.parse(`{"a":${'['.repeat(depth)}"a-secret"${']'.repeat(depth)}}`), 'deep');
    logger.info('next');
    expect(lines.join('')).not.toContain('a-secret');
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([expect.any(String), 'next']);
  },
);
