/**
 * The queue port, as semantics: what a broker must promise, with no word of how. Implementations pass conformance.ts.
 *
 * Delivery is at least once. A message that was published and not acked is delivered again after its consumer died, and
 * may be delivered twice; who receives must not mind (the ledger does not). Order is publishing order for one key and one
 * consumer, without redeliveries; nothing may depend on it.
 */
import type { DeadLetter, Report, Task } from './messages.ts';

export interface Delivery<T> {
  readonly message: T;
  /** True if the message may have been delivered before. */
  readonly redelivered: boolean;
}

/**
 * Handles one delivery; how it ends decides: returns: ack; throws with `retryable: true`, or after the consumer's signal
 * aborted: back into the queue; throws anything else: to the dead letters, with the error's text.
 */
export type Handler<T> = (delivery: Delivery<T>) => Promise<void>;

export interface ConsumeOptions {
  /** Most deliveries in hand (delivered, not yet acked) at a time; reports may come several in one. It may change meanwhile; it is looked at again now and then. */
  readonly prefetch: number;
  /** Abort: no new deliveries; those in hand are awaited. */
  readonly signal: AbortSignal;
}

export interface Channel<T> {
  /**
   * Resolves when the queue answers for the message: from here on it is not lost. Many may be under way at a time, and
   * should be where there are many.
   * @throws MessageError if the message is too big for the queue
   */
  publish(message: T): Promise<void>;
  /** Delivers until the signal aborts; resolves when nothing is in hand any more. Rejects only if the queue is closed or broken. */
  consume(handler: Handler<T>, options: ConsumeOptions): Promise<void>;
  /**
   * Messages waiting for a consumer; those in hand are not counted. Of one run, where a run is given, else of all that this
   * process knows. It may lag a little behind acks and what was given back.
   */
  depth(run?: string): Promise<number>;
}

export interface TaskConsumeOptions extends ConsumeOptions {
  /** Called, perhaps again and again, when a run was cancelled: nobody waits for its tasks any more. */
  readonly onCancelled?: ((run: string) => void) | undefined;
}

/** Tasks are in a line for each run and pool. */
export interface TaskChannel extends Channel<Task> {
  consume(handler: Handler<Task>, options: TaskConsumeOptions): Promise<void>;
  /** The same; of one pool of the run, where it is given, else of all its pools that this process knows. */
  depth(run?: string, pool?: string): Promise<number>;
}

/** Tasks of a run for a pool. */
export interface Line {
  readonly run: string;
  readonly pool: string;
}

/** Puts tasks elsewhere. */
export type PassOn = (tasks: readonly Task[]) => Promise<void>;

export interface Queue {
  /** Runs take turns, so that a small one does not wait behind a big one. Consumers see the tasks of their own pool. */
  readonly tasks: TaskChannel;
  readonly reports: Channel<Report>;
  /** What handlers refused, what does not follow its schema, and what was delivered too often. */
  readonly deadLetters: Channel<DeadLetter>;
  /**
   * Makes consumers of tasks, in all processes and also those that start later, serve this run, until `deleteRun` or
   * `close`. Publishing a task does the same; a process that only keeps a run going calls this. Without `pools` it is this
   * process's own pool.
   */
  openRun(run: string, pools?: readonly string[]): Promise<void>;
  /** Forgets the waiting tasks of a run that is over, in these pools. Its deliveries in hand go on; nothing of them comes back. */
  deleteRun(run: string, pools?: readonly string[]): Promise<void>;
  /** The same, and consumers hear of it, who may have tasks of the run in hand. */
  cancelRun(run: string, pools?: readonly string[]): Promise<void>;
  /**
   * Takes up to `limit` waiting tasks out of a line, and calls `pass` with them (not without any), which puts them elsewhere; then
   * they are forgotten here. If it rejects they stay, and so does this. A death in between leaves tasks in both places. Returns how
   * many were passed on.
   */
  takeWaiting(line: Line, limit: number, pass: PassOn): Promise<number>;
  /** Ends all consumers; what is in hand goes back into the queue (where it outlives this process). Publishing rejects from now on. */
  close(): Promise<void>;
}
