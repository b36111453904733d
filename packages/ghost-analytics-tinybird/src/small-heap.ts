/** In MiB, of which V8 keeps two: what a hit leaves behind is garbage within milliseconds. */
const FLAG = '--max-semi-space-size=4';

/**
 * Keeps memory small under load. V8 lets the room for young objects grow to 128 MiB and takes a limit only
 * from the command line. However the command was started, the process begins anew with one and stays
 * the same to whoever started it; a limit that was given stands.
 */
export function restartWithSmallHeap(): void {
  const given = [...process.execArgv, process.env['NODE_OPTIONS']].join(' ');
  if (/--max[-_]semi[-_]space[-_]size/.test(given)) return;
  const [program = process.execPath, ...args] = process.argv;
  try {
    process.execve?.(program, [program, FLAG, ...process.execArgv, ...args]);
  } catch {
    // Windows cannot do this: there the collector takes more memory.
  }
}
