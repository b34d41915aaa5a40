/** A ticket as the listener writes it, with changes. */
import type { Ticket } from "../../mod/handoff/contract.ts";

export function ticketOf(changes: Partial<Ticket> = {}): Ticket {
  return {
    session: "s1",
    control: "srt-splitter/test",
    spare: false,
    call: null,
    caller: { address: "127.0.0.1", port: 40_123 },
    local: { address: "127.0.0.1", port: 9000 },
    callerSocketId: 0x1c429563,
    callerStreamId: null,
    callerLatencyMs: 0,
    concludedMs: 0,
    initialSequence: 0x43c5fc7a,
    srtVersion: "1.5.1",
    stream: "cam1",
    streamId: "cam1",
    encrypted: false,
    keyLength: 0,
    latencyMs: null,
    passphrase: null,
    sink: { kind: "none" },
    outputs: null,
    analyze: true,
    statsIntervalMs: null,
    idleMs: 0,
    srt: {},
    acceptTimeoutMs: 3000,
    ...changes,
  };
}
