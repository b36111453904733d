import { type Lane, laneDirsIn, spoolBytesIn, takeLane } from '../spool/data-dir.ts';
import type { Sender } from './sender.ts';

/** Where lanes may be left, and how one is sent. */
export interface LeftLanesOptions {
  /** The data directory. */
  dir: string;
  /** The folder of this process's own lane. */
  ownLaneDir: string;
  /** Opens a lane; its sender ends when all is sent. */
  open: (lane: Lane) => Promise<{ sender: Sender } & AsyncDisposable>;
  /** Hears of a lane that cannot be opened; it is tried again. */
  onFault: (error: unknown) => void;
}

/** Looking is a listing of each lane's folder. */
const LOOK_MS = 10_000;

/** Sends what other processes of the data directory left when they ended. */
export interface LeftLanes {
  /** Gives the lane under way this long, in milliseconds, and looks for no other. */
  stop(graceMs: number): Promise<void>;
}

/** Begins to look for lanes that hold page hits and that no process has, and sends one after the other. */
export function sendLeftLanes({ dir, ownLaneDir, open, onFault }: LeftLanesOptions): LeftLanes {
  let sender: Sender | undefined;
  let isStopping = false;

  const send = async (laneDir: string): Promise<void> => {
    using lane = takeLane(laneDir);
    if (!lane) return;
    await using left = await open(lane);
    if (isStopping) return;
    sender = left.sender;
    sender.start();
    await sender.ended();
    sender = undefined;
  };
  const look = async (): Promise<void> => {
    for (const laneDir of laneDirsIn(dir)) {
      if (!isStopping && laneDir !== ownLaneDir && spoolBytesIn(laneDir) > 0) await send(laneDir);
    }
  };
  let looking: Promise<void> | undefined;
  const lookUnlessLooking = (): void => {
    looking ??= look()
      .catch(onFault)
      .finally(() => {
        looking = undefined;
      });
  };
  lookUnlessLooking();
  const timer = setInterval(lookUnlessLooking, LOOK_MS).unref();

  return {
    async stop(graceMs) {
      isStopping = true;
      clearInterval(timer);
      await sender?.stop(graceMs);
      await looking;
    },
  };
}
