import type { Clock, Queue, QueueOptions } from '@prosora/durable';
import type { StripeEvent } from '../webhook/event.ts';
import type { ReceivedEvent } from '../webhook/receive.ts';
import type { ReaderTraces } from './erase.ts';
import type { HoldReason, LivemodePolicy } from './ghost-events.ts';
import type { EventState } from './list.ts';
import type { InboxReader } from './reader.ts';
import type { InboxPlace } from './store.ts';
import type { EventSource, InboxTables, InboxTx } from './tables.ts';

/** An event as the inbox keeps it. */
export interface StoredEvent {
  event: StripeEvent;
  body: Uint8Array;
}

/** What became of an event that came in. */
export type RecordOutcome =
  | { outcome: 'recorded'; held?: HoldReason; twinOf?: string }
  /** The copy that came first was held for its API version; this one is in Ghost's and takes its place. */
  | { outcome: 'replaced'; held?: HoldReason; twinOf?: string }
  /** Known already; nothing was changed. `conflict`: with other bytes, of which the first are kept. */
  | { outcome: 'duplicate' | 'conflict' };

/** Where events go besides Ghost. Each has a queue of its own, hence its own retries. */
export interface Sink {
  /** Names its queue. */
  queue: string;
  /** The jobs that an event makes for it, planned in the transaction that records the event. */
  plan(
    event: StripeEvent,
    within: {
      tx: InboxTx;
      source: EventSource;
      /** Milliseconds since 1970. */
      at: number;
    },
  ): Promise<SinkJob[]> | SinkJob[];
}

/** A job for a sink. */
interface SinkJob {
  payload: Uint8Array;
  group?: string | undefined;
}

/** How the inbox is opened. */
export interface InboxOptions extends InboxPlace {
  /** Which events go to Ghost; the others are held. */
  livemode: LivemodePolicy;
  /** (Default: none) */
  sinks?: readonly Sink[];
  /** Seals bodies on disk. (Default: they are kept as they came) */
  sealKey?: string | undefined;
  /** With so many events in it the inbox takes no more. (Default: no limit) */
  maxEvents?: number;
  /** Retries of deliveries to Ghost. */
  delivery?: QueueOptions;
  /** (Default: the machine's clock) */
  clock?: Clock;
}

/** Every event that was acknowledged, and the queues of those that somebody has to get. */
export interface Inbox extends AsyncDisposable, InboxReader {
  /** Deliveries to Ghost; a job has the id of its event and no payload. */
  readonly deliveries: Queue<InboxTables>;
  /** The names of the sinks. */
  readonly sinks: readonly string[];
  /** The queue of a sink. */
  queueOf(name: string): Queue<InboxTables>;
  /**
   * Records an event once, by its id, and plans its deliveries in the same transaction. What this
   * resolves for is on disk.
   *
   * @throws StoreUnavailableError nothing was recorded
   * @throws RefusedRequest `inbox_full`
   */
  record(
    received: ReceivedEvent,
    source?: EventSource,
    /** Holds it for a person, whatever else it is. */
    holdFor?: HoldReason,
  ): Promise<RecordOutcome>;
  find(id: string): Promise<StoredEvent | undefined>;
  /** How many other events that make the same row in Ghost were delivered to it in a time. */
  countAlike(event: StripeEvent, time: { since: Date; until?: Date }): Promise<number>;
  /** When the first event came, of those that are here; `undefined` when none is. */
  firstReceivedAt(): Promise<Date | undefined>;
  /**
   * Sends events to Ghost again, and held ones that the options now let through: whatever became of them, unless
   * they have to be `among` some states still. Returns the ids that will be.
   */
  replay(ids: readonly string[], among?: readonly EventState[]): Promise<string[]>;
  /** Takes events out that Ghost need not get, held ones too. Returns the ids that were. */
  skip(ids: readonly string[], among?: readonly EventState[]): Promise<string[]>;
  /** Puts deliveries in doubt that are still to be made, after a restore; returns how many. */
  doubtPending(): Promise<number>;
  /** Deletes events that came before a time and that nobody waits for any more; returns how many. */
  purge(before: Date): Promise<number>;
  /** What is here of a reader, by an e-mail address. */
  findReader(address: string): Promise<ReaderTraces>;
  /** Erases what is in events that nobody waits for any more, and keeps their ids; returns how many. */
  erase(ids: readonly string[]): Promise<number>;
  /** Has what was erased overwritten on disk, as far as that is ours to do; false when the file is in use. */
  overwrite(): Promise<boolean>;
  /** On MySQL: takes or lengthens the turn to deliver to Ghost, by `ms` from now; false while another has it. */
  holdTurn(holder: string, ms: number): Promise<boolean>;
  /** Lets another have it. */
  endTurn(holder: string): Promise<void>;
  /**
   * Writes something, and remembers the fate of the last event for a minute: a small write may succeed where an
   * event does not fit.
   *
   * @throws StoreUnavailableError when events cannot be kept now
   */
  check(): Promise<void>;
  close(): Promise<void>;
}
