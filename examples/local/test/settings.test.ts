import { expect, test } from 'vitest';
import { readSettings } from '../src/settings.ts';

test('flags and variables are read, with defaults', () => {
  expect(readSettings([], {})).toMatchObject({
    exit: false,
    fresh: false,
    port: 2368,
    sandboxPort: 4100,
  });
  const moved = readSettings(['--exit', '--fresh'], { PROSORA_LOCAL_PORT: '8080' });
  expect(moved).toMatchObject({ exit: true, fresh: true, port: 8080 });
});

test('an unknown flag is refused with the usage', () => {
  expect(() => readSettings(['--exti'], {})).toThrow(/Unknown option '--exti'.*npm start/s);
});

test('a port that is none is refused by the name of its variable', () => {
  expect(() => readSettings([], { PROSORA_LOCAL_PORT: 'web' })).toThrow(
    /^PROSORA_LOCAL_PORT is web/,
  );
});
