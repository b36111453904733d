import { expect, test } from 'vitest';
import { createLogger, ProsoraError } from '../src/index.ts';

/** What one log call writes, parsed and as text. */
const written = (secrets: string[], write: (logger: ReturnType<typeof createLogger>) => void) => {
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
  const { line } = written([], (logger) => logger.info({ jobs: 3 }, 'claimed'));
  expect(line).toMatchObject({ name: 'test', jobs: 3, msg: 'claimed' });
  expect(new Date(line.time).toISOString()).toBe(line.time);
});

test('keys that hold secrets are redacted at the top, one and two levels down', () => {
  const { text } = written([], (logger) =>
    logger.info({ apiKey: 'one', request: { authorization: 'two', headers: { cookie: 'three' } } }),
  );
  expect(text).not.toMatch(/one|two|three/);
  expect(text.match(/\[redacted\]/g)).toHaveLength(3);
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
