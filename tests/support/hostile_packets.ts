/**
 * Packets from a caller's own address that no encoder sends, and what is right for the session that gets them.
 *
 * @module
 */

import type { EndReason } from "../../mod/vocabulary/values.ts";
import { bytes, INDUCTION } from "../fixtures/handshakes.ts";
import type { RawSession } from "./raw_session.ts";

const ACK = 0x8002_0000;
const NAK = 0x8003_0000;
const DROPREQ = 0x8007_0000;
const PEERERROR = 0x8008_0000;
const KMREQ = 0xffff_0003;
const OVERSIZED = new Uint8Array(400).fill(0x41);
const HOUR_US = 3600 * 1_000_000;

type Payload = Uint8Array<ArrayBuffer>;

/** A session with hostile packets. */
export interface HostilePackets {
  readonly what: string;
  /** Sends payload and hostile packets, to the end, and returns the payload that the recording has to hold. */
  readonly send: (caller: RawSession) => Promise<readonly Payload[]>;
  /** The end reason that is right. */
  readonly reason: EndReason;
  /** Packets that arrive and cannot be delivered; null if libsrt decides how many, and the recording may be longer. */
  readonly undelivered: number | null;
}

/** All of them. */
export const HOSTILE_PACKETS: readonly HostilePackets[] = [
  ...([
    ["an ACK of what was never sent", (caller) => caller.control(ACK, new Uint8Array(28).fill(0x7f))],
    ["a NAK of what was never sent", (caller) => caller.control(NAK, new Uint8Array(8).fill(0x22))],
    [
      "a DROPREQ of what has arrived",
      (caller) => caller.control(DROPREQ, new Uint8Array([0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff])),
    ],
    ["a PEERERROR", (caller) => caller.control(PEERERROR)],
    ["a KMREQ in a session without encryption", (caller) => caller.control(KMREQ, new Uint8Array(72).fill(0x12))],
    ["an oversized KMREQ", (caller) => caller.control(KMREQ, OVERSIZED)],
    ["an oversized KMRSP", (caller) => caller.control(0xffff_0004, OVERSIZED)],
    ["a handshake of the second version", (caller) => caller.control(0xffff_0001, new Uint8Array(12))],
    ["an unknown control packet", (caller) => caller.control(0xfffe_0000, OVERSIZED)],
    ["datagrams that are too short for a header", (caller) => sendShort(caller)],
    ["100 INDUCTIONs", (caller) => repeat(100, () => caller.datagram(bytes(INDUCTION)))],
    ["a copy of a packet that has arrived", (caller) => caller.copy()],
  ] as const satisfies readonly (readonly [string, (caller: RawSession) => Promise<unknown>])[]).map(
    ([what, sendHostile]): HostilePackets => ({
      what,
      send: async (caller) => {
        const before = await sendPayload(caller, 20);
        await sendHostile(caller);
        const after = await sendPayload(caller, 20);
        await caller.shutDown();
        return [...before, ...after];
      },
      reason: "caller-closed",
      undelivered: 0,
    }),
  ),
  {
    what: "a packet that is stamped 1000 s ahead: it holds up everything after it",
    send: async (caller) => {
      const before = await sendPayload(caller, 20);
      await caller.data({ aheadUs: 1000 * 1_000_000 });
      await sendPayload(caller, 20);
      return before;
    },
    reason: "undelivered",
    undelivered: 21,
  },
  {
    what: "time stamps that leap by an hour before the end",
    send: async (caller) => {
      const before = await sendPayload(caller, 20);
      await repeat(5, () => caller.data({ aheadUs: HOUR_US }));
      await caller.shutDown();
      return before;
    },
    reason: "undelivered",
    undelivered: 5,
  },
  {
    what: "a packet with a sequence number 20,000 too high",
    send: async (caller) => {
      const before = await sendPayload(caller, 20);
      await caller.data({ ahead: 20_000 });
      await repeat(60, async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        await caller.data();
      });
      return before;
    },
    reason: "undelivered",
    undelivered: null,
  },
];

async function sendPayload(caller: RawSession, count: number): Promise<readonly Payload[]> {
  return await repeat(count, () => caller.data());
}

async function sendShort(caller: RawSession): Promise<void> {
  for (let length = 0; length < 16; length += 1) await caller.datagram(new Uint8Array(length).fill(0x80));
}

async function repeat<Result>(times: number, action: () => Promise<Result>): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let time = 0; time < times; time += 1) results.push(await action());
  return results;
}
