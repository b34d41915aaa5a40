/**
 * The wait of a connected caller's recording while other callers wait for processes.
 *
 * Beginning a recording would take processor time from the starts of those processes. libsrt receives and keeps the payload
 * meanwhile.
 *
 * @module
 */

import type { ChildMessage } from "../handoff/child_message.ts";
import type { Connection } from "../srt/connection.ts";
import type { SessionOptions } from "../srt/session_option.ts";

/**
 * The longest wait. Callers that called at the same moment have called twice by then, with libsrt's default of `SRTO_CONNTIMEO`
 * (3 s). If the recordings of the first ones began while the others still call, none of the others would be connected meanwhile.
 */
const MAX_WAIT_MS = 7000;
/** Our choice: with this many packets in libsrt's buffer, the recording begins. At 5 Mbit/s, they arrive in 4 s. */
const MAX_PACKETS = 2000;
/** Our choice: how often it is checked whether payload has arrived. */
const PAYLOAD_CHECK_MS = 50;
/** How often the buffer is checked after that. At 200 Mbit/s, 4750 packets of 1316 bytes arrive in this time. */
const BUFFER_CHECK_MS = 250;

/** What the wait needs. */
export interface TurnDependencies {
  /** Reports to the listener. Never throws. */
  readonly emit: (message: ChildMessage) => void;
  /** Handles the orders that have arrived, which may abort a signal. Called in each round. Never throws. */
  readonly readOrders: () => void;
  /** Whether the recording must wait because callers wait for processes, as of the last call of `readOrders`. */
  readonly isDelayed: () => boolean;
  /** Waits until an order has arrived, or `maxMs` have passed. Returns immediately if there is no listener. */
  readonly nextOrder: (maxMs: number) => Promise<void>;
  /** Orders the end; its reason is the cause. */
  readonly stop: AbortSignal;
  /** Aborted when the listener has ended; has an effect only until the recording begins. */
  readonly orphaned: AbortSignal;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
  /** Packets that libsrt's buffer can keep for a recording that waits ({@linkcode keptPackets}). */
  readonly maxPackets: number;
}

/** Returns how many packets may wait in libsrt's buffer. Returns 0 if the operator has set its size, which may be small. */
export function keptPackets({ fc, rcvbuf }: SessionOptions): number {
  return fc === undefined && rcvbuf === undefined ? MAX_PACKETS : 0;
}

/** Waits until this recording may begin, or must not wait any longer. Reports the first payload. */
export async function waitForTurn(
  connection: Pick<Connection, "statistics" | "waitingPackets">,
  { emit, readOrders, isDelayed, nextOrder, stop, orphaned, now, maxPackets }: TurnDependencies,
): Promise<void> {
  const endMs = now() + MAX_WAIT_MS;
  let hasPayload = false;
  readOrders();
  while (isDelayed() && !stop.aborted && !orphaned.aborted && now() < endMs) {
    const hadPayload = hasPayload;
    hasPayload = (connection.statistics()?.pktRecvTotal ?? 0) > 0;
    if (connection.waitingPackets >= maxPackets) return;
    if (hasPayload && !hadPayload) emit({ event: "payload" });
    await nextOrder(hasPayload ? BUFFER_CHECK_MS : PAYLOAD_CHECK_MS);
    readOrders();
  }
}
