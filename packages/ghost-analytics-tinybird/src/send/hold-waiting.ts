import type { TinybirdEvents } from '@prosora/service';
import { CollectorError } from '../errors.ts';
import { openCheckpoint } from '../spool/checkpoint.ts';
import { type Lane, laneDirsIn, takeLane } from '../spool/data-dir.ts';
import { openSpool } from '../spool/spool.ts';
import { createSender } from './sender.ts';

/** What a dead letter says of hits that were put back. */
const PUT_BACK = 'put back from a backup: whether it was sent since is not known';

/** In place of an upstream that cannot say what it has. */
const whoKnows: TinybirdEvents = {
  send: async () => ({ kind: 'halfway', reason: PUT_BACK, isOfRow: false }),
};

/**
 * Makes dead letters of all that waits in a data directory, which was put back from a backup: its hits may have been
 * sent since, and Tinybird would count them again.
 *
 * @returns how many hits
 * @throws CollectorError `DATA_DIR_TAKEN` while a collector runs on it; what the system says of a disk that fails,
 * and nothing is lost then
 */
export async function holdWaiting(dataDir: string, batchBytes: number): Promise<number> {
  using taken = new DisposableStack();
  const lanes = laneDirsIn(dataDir).map((dir) => {
    const lane = takeLane(dir);
    if (lane) return taken.use(lane);
    throw new CollectorError('DATA_DIR_TAKEN', `A collector runs on ${dir}.`, {
      help: 'Stop it first: what it has it sends.',
    });
  });
  let hits = 0;
  for (const lane of lanes) hits += await holdLane(lane, batchBytes);
  return hits;
}

async function holdLane(lane: Lane, batchBytes: number): Promise<number> {
  using checkpoint = openCheckpoint(lane.checkpoint);
  let hits = 0;
  const failed = Promise.withResolvers<never>();
  const sender = createSender({
    spool: await openSpool({ folder: lane.spool, maxBytes: 0 }),
    checkpoint,
    tinybird: whoKnows,
    deadLettersFile: lane.deadLetters,
    keepsLettersFirst: true,
    batchBytes,
    batchMs: 0,
    endsWhenEmpty: true,
    onOutcome: (_, { rows }) => {
      hits += rows;
    },
    onFault: failed.reject,
  });
  sender.start();
  await Promise.race([sender.ended(), failed.promise]).finally(() => sender.stop(0));
  return hits;
}
