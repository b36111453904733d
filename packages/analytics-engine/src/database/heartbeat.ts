import type { ChildProcess } from 'node:child_process';
import type { Reply, Request } from './messages.ts';

const BEAT_MS = 1_000;
const MISSED_BEATS = 5;

/**
 * Ends a child with SIGKILL once it has missed five beats of a second.
 *
 * Its exit alone does not tell of a crash: on SIGSEGV, SIGABRT and the like, ClickHouse's handler waits
 * 300 s for a logging thread that chDB does not have, with the thread that crashed held in it (measured
 * with chdb 3.4.0). Beats are counted, not timed, so a machine that slept does not look like a crash.
 */
export function keepHeartbeat(child: ChildProcess): void {
  let missed = 0;
  const beat = setInterval(() => {
    if (missed >= MISSED_BEATS) child.kill('SIGKILL');
    missed += 1;
    if (child.connected) child.send({ kind: 'ping' } satisfies Request, () => {});
  }, BEAT_MS);
  child.on('message', (reply: Reply) => {
    if (reply.kind === 'pong') missed = 0;
  });
  child.once('exit', () => clearInterval(beat));
}
