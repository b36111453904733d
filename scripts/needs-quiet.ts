/** Tests of the stack that run last: those that measure how long it takes, or ask all the while for what must not fail. */
export const NEEDS_QUIET = [
  'examples/ghost-stack/test/stack/load.test.ts',
  'examples/ghost-stack/test/stack/outages.test.ts',
  'examples/ghost-stack/test/stack/pages/floods.test.ts',
  'examples/ghost-stack/test/stack/pages/outages.proof.test.ts',
  'examples/ghost-stack/test/stack/pages/shadow.proof.test.ts',
  'examples/ghost-stack/test/stack/pages/visitors.proof.test.ts',
  'examples/ghost-stack/test/stack/pages/what-makes-it-old.test.ts',
  'examples/ghost-stack/test/stack/redis.test.ts',
  'examples/ghost-stack/test/stack/reload.test.ts',
  'examples/ghost-stack/test/stack/rotate.test.ts',
  'examples/ghost-stack/test/stack/watch/faults.proof.test.ts',
];

/** Whether a test file is such a one. */
export const needsQuiet = (file: string): boolean =>
  NEEDS_QUIET.some((place) => file.includes(place));
