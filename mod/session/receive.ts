/**
 * The session loop: everything that libsrt has goes into one buffer every few milliseconds, and from there to the sink.
 *
 * In live mode messages become due one by one; waking for each of them costs most of the processor time.
 *
 * @module
 */

import type { Sink } from "../recording/sink.ts";
import { type Connection, MAX_MESSAGE_BYTES } from "../srt/connection.ts";

/** Our choice: at 40 ms the cost of waking up hardly shows, and a player behind the file does not notice. */
const ROUND_MS = 40;
/**
 * After a stop messages become due for one latency, as libsrt reckons it from a handshake that a busy machine may have seen late:
 * so much longer is waited at least, and at most where libsrt still holds some.
 */
const DRAIN_MARGIN_MS = { least: 200, most: 5000 } as const;
/** Room for 40 ms at 50 Mbit/s; more than that is written in several goes. */
const BUFFER_BYTES = 262_144;

/** What the loop is told and tells. */
export interface ReceiveOptions {
  readonly connection: Connection;
  readonly sink: Sink;
  /** Once it is aborted, the loop goes on until what the caller had sent by then was received. */
  readonly stop: AbortSignal;
  /** The connection is over (it may still be drained). Called once. */
  readonly onOver: () => void;
  /** Told of each message before it is kept: its sequence number, and where in the payload it stands. */
  readonly onMessage: (sequence: number, offset: number) => void;
  /** The end of each round. */
  readonly onRound: () => void;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
}

/** Receives until the connection is over and empty, or until the stop. */
export async function receive(options: ReceiveOptions): Promise<void> {
  const { connection, stop, onOver, onRound, now } = options;
  const buffer = new Uint8Array(BUFFER_BYTES);
  let over = false;
  let lastDueMs = Infinity;
  while (true) {
    drain(options, buffer);
    if (connection.phase !== "open" && !over) {
      over = true;
      onOver();
    }
    if (connection.phase === "ended") return;
    const margin = connection.undelivered > 0 ? DRAIN_MARGIN_MS.most : DRAIN_MARGIN_MS.least;
    if (now() >= lastDueMs + margin) return;
    onRound();
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
    if (stop.aborted && lastDueMs === Infinity) lastDueMs = now() + connection.latencyMs;
  }
}

/** Takes every message that is due. */
function drain({ connection, sink, onMessage }: ReceiveOptions, buffer: Uint8Array<ArrayBuffer>): void {
  let filled = 0;
  while (true) {
    const received = connection.receiveInto(buffer, filled);
    if (received > 0) onMessage(connection.packetSequence, sink.bytes + filled);
    filled += received;
    const full = buffer.length - filled < MAX_MESSAGE_BYTES;
    if (filled > 0 && (received === 0 || full)) {
      sink.write(buffer.subarray(0, filled));
      filled = 0;
    }
    if (received === 0) return;
  }
}
