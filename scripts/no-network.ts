import { beforeEach, vi } from 'vitest';

// A unit test that reaches for the network is either slow or wrong: it gets a sentence instead of a socket.
beforeEach(() => {
  vi.stubGlobal('fetch', (input: unknown) => {
    throw new Error(
      `A unit test called fetch(${String(input)}): pass a fetch of its own or move it to integration.`,
    );
  });
});
