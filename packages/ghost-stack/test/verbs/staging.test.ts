import { expect, test } from 'vitest';
import { staging } from '../../src/verbs/staging.ts';

const run = (args: string[], flags: Record<string, string> = {}) =>
  staging.run({
    args,
    flags: flags as never,
    options: { dir: '/nowhere' },
    print: () => expect.unreachable(),
    show: () => expect.unreachable(),
    showEach: () => expect.unreachable(),
  });

test.each([
  ['away', {}, '`prosora staging` takes no word "away".'],
  ['up', { port: '80' }, '"80" is no port for staging.'],
  ['up', { port: '2369x' }, '"2369x" is no port for staging.'],
  ['up', { ghost: 'newest' }, '"newest" is no version of Ghost.'],
  ['up', { ghost: '6.70; true' }, '"6.70; true" is no version of Ghost.'],
])('staging %s with %j is refused before anything is looked at', async (word, flags, said) => {
  await expect(run([word], flags)).rejects.toThrow(said);
});
