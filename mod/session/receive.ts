/**
 * The session loop: everything that libsrt has goes into one buffer every few milliseconds, and from there to the sink.
 *
 * In live mode messages become due one by one; waking for each of them costs most of the processor time.
 *
 * Called by: {@linkcode runSession}.
 * Fails: {@linkcode SinkError} and {@linkcode SrtError}; both end the session.
 *
 * @module
 */

import type { Sink } from "../recording/sink.ts";
import { type Connection, MAX_MESSAGE_BYTES } from "../srt/connection.ts";

/** Our choice: at 40 ms the cost of waking up hardly shows, and a player behind the file does not notice. */
const ROUND_MS = 40;
/** Room for 40 ms at 50 Mbit/s; more than that is written in several goes. */
const BUFFER_BYTES = 262_144;

/**
 * libsrt counts the caller's time from when it reads the CONCLUSION, and that lay in the queue while this process started: so
 * much later than a latency after it was sent everything may become due. As long as a caller may wait to be accepted.
 */
const LATE_START_MS = 3000;

/** What the loop is told and tells. */
export interface ReceiveOptions {
  readonly connection: Connection;
  readonly sink: Sink;
  /** Ends the loop {@linkcode ReceiveOptions.drainMs} after it is aborted. */
  readonly stop: AbortSignal;
  /** How long messages may still become due after a stop: one latency, in ms. */
  readonly drainMs: number;
  /** The connection is over (it may still be drained). Called once. */
  readonly onOver: () => void;
  /** The end of each round. */
  readonly onRound: () => void;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
}

/** Receives until the connection is over and empty, or until the stop. */
export async function receive(options: ReceiveOptions): Promise<void> {
  const { connection, sink, stop, drainMs, onOver, onRound, now } = options;
  const buffer = new Uint8Array(BUFFER_BYTES);
  let over = false;
  let endMs = Infinity;
  while (true) {
    drain(connection, sink, buffer);
    if (connection.phase !== "open" && !over) {
      over = true;
      onOver();
    }
    const late = now() - endMs;
    if (connection.phase === "ended" || late >= LATE_START_MS || (late >= 0 && connection.undelivered === 0)) return;
    onRound();
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
    if (stop.aborted && endMs === Infinity) endMs = now() + drainMs;
  }
}

/** Takes every message that is due. */
function drain(connection: Connection, sink: Sink, buffer: Uint8Array<ArrayBuffer>): void {
  let filled = 0;
  while (true) {
    const received = connection.receiveInto(buffer, filled);
    filled += received;
    const full = buffer.length - filled < MAX_MESSAGE_BYTES;
    if (filled > 0 && (received === 0 || full)) {
      sink.write(buffer.subarray(0, filled));
      filled = 0;
    }
    if (received === 0) return;
  }
}
