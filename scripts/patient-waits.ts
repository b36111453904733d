import { vi } from 'vitest';

/** Long enough for a process to start on a machine that does ten other things; who waits for less says so. */
const PATIENCE = { timeout: 20_000 };

type Options = Parameters<typeof vi.waitFor>[1];

// Vitest gives up after a second, and what it waits for is no test of how fast this machine is.
const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options) => waitFor(callback, patient(options));
vi.waitUntil = (callback, options) => waitUntil(callback, patient(options));

function patient(options: Options): Options {
  return typeof options === 'number' ? options : { ...PATIENCE, ...options };
}
