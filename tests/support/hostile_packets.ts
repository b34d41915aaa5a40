/**
 * Packets from a caller's own address that encoders do not send, each with the correct end of its session. Another caller
 * must not lose payload because of such a packet.
 *
 * @module
 */

import { CONCLUSION_SID, CONCLUSION_STANDARD_SID, INDUCTION, WAVEAHAND } from "../fixtures/handshakes.ts";
import { Buffer } from "node:buffer";
import { messageOf } from "../../mod/report/problem.ts";
import type { EndReason } from "../../mod/vocabulary/values.ts";
import { assertSameBytes } from "./assert_same_bytes.ts";
import { makePayload } from "./payload.ts";
import { RawSession } from "./raw_session.ts";
import type { EventOf, Splitter } from "./splitter.ts";
import { connectInCrowd, type SrtCaller } from "./srt_caller.ts";

// Types of control packets, with the subtype of extensions (draft-sharabayko-srt 3.2).
const HSREQ = 0xffff_0001;
const ACK = 0x8002_0000;
const NAK = 0x8003_0000;
const CONGESTION = 0x8004_0000;
const SHUTDOWN = 0x8005_0000;
const ACKACK = 0x8006_0000;
const DROPREQ = 0x8007_0000;
const PEERERROR = 0x8008_0000;
const KMREQ = 0xffff_0003;
const KMRSP = 0xffff_0004;
const UNKNOWN = 0x800f_0000;

// Flags of data packets, in the second word (3.1).
const FIRST_OF_A_MESSAGE = 0xa000_0000;
const MIDDLE_OF_A_MESSAGE = 0x2000_0000;
const WITH_THE_EVEN_KEY = 0xe800_0000;

const SECOND_US = 1_000_000;
/** SRT messages before the packet, and as many after it. */
const MESSAGES = 20;
/** Time between two messages of a caller that continues, in ms. */
const PACE_MS = 50;
/** Callers at the same time, each with a bystander: another caller, which must not lose payload. */
const AT_ONCE = 6;
const OVERSIZED = new Uint8Array(400).fill(0x41);

/** A packet, or a few of one kind. */
export interface HostilePacket {
  readonly what: string;
  readonly send: (caller: RawSession) => Promise<void>;
  readonly right: RightEnd;
}

/** The correct end of the session of such a caller. */
export interface RightEnd {
  readonly reason: EndReason;
  /** What the recording contains: all that the caller sent, or at least what it sent before the packet. */
  readonly kept: "all" | "start";
  /** Packets that arrived and were not delivered; null if that depends on the time that passes. */
  readonly undelivered: number | null;
  /** What the caller does after the packet. `repeats`: it sends more payload and the packet in turn, until its session ends. */
  readonly then: "sends and closes" | "closes" | "keeps sending" | "repeats";
}

/** The packet changes nothing: all payload is recorded, and the caller's SHUTDOWN ends the session. */
const UNAFFECTED: RightEnd = { reason: "caller-closed", kept: "all", undelivered: 0, then: "sends and closes" };
const CLOSED: RightEnd = { ...UNAFFECTED, kept: "start", then: "repeats" };
const STUCK: RightEnd = { reason: "undelivered", kept: "start", undelivered: null, then: "keeps sending" };

/** All kinds. Kinds with long sessions are first. */
const HOSTILE_PACKETS: readonly HostilePacket[] = [
  { what: "a packet with a sequence number 20,000 too high", send: dataOf({ ahead: 20_000 }), right: STUCK },
  { what: "a packet that is stamped 1000 s ahead", send: dataOf({ aheadUs: 1000 * SECOND_US }), right: STUCK },
  {
    what: "time stamps that leap by an hour before the end",
    send: async (caller) => {
      for (let index = 0; index < 5; index += 1) await caller.data({ aheadUs: 3600 * SECOND_US });
    },
    right: { ...STUCK, undelivered: 5, then: "closes" },
  },
  {
    what: "the start of a message that never ends",
    send: dataOf({ flags: FIRST_OF_A_MESSAGE }),
    // libsrt joins it with the next packet into one message, which is longer than live mode allows
    right: { ...STUCK, undelivered: 1, then: "sends and closes" },
  },
  { what: "the middle of a message that never began", send: dataOf({ flags: MIDDLE_OF_A_MESSAGE }), right: STUCK },
  ...controlPackets(),
  ...([
    ["a WAVEAHAND", WAVEAHAND],
    ["a CONCLUSION of another socket", CONCLUSION_SID],
    ["a handshake that is cut off", INDUCTION.slice(0, 2 * 20)],
    ["a datagram of 9000 bytes", "00".repeat(9000)],
  ] as const).map(([what, datagram]) => ({
    what,
    send: (caller: RawSession) => caller.datagram(datagram),
    right: UNAFFECTED,
  })),
  { what: "datagrams that are too short for a header", send: sendShort, right: UNAFFECTED },
  {
    what: "100 INDUCTIONs",
    send: async (caller) => {
      for (let index = 0; index < 100; index += 1) await caller.datagram(INDUCTION);
    },
    right: UNAFFECTED,
  },
  { what: "a copy of a packet that has arrived", send: (caller) => caller.copy(), right: UNAFFECTED },
  { what: "its CONCLUSION again", send: (caller) => caller.concludeAgain(), right: UNAFFECTED },
  {
    what: "its CONCLUSION again, with another stream ID",
    send: (caller) => caller.concludeAgain(CONCLUSION_STANDARD_SID),
    right: UNAFFECTED,
  },
  { what: "a packet for another socket", send: dataOf({ ahead: -1, to: 7 }), right: UNAFFECTED },
  { what: "other payload with a sequence number that has arrived", send: dataOf({ ahead: -5 }), right: UNAFFECTED },
  { what: "a packet with a sequence number 20,000 too low", send: dataOf({ ahead: -20_000 }), right: UNAFFECTED },
  {
    what: "encrypted payload in a plain session",
    send: dataOf({ flags: WITH_THE_EVEN_KEY, ahead: 1 }),
    right: UNAFFECTED,
  },
  { what: "a SHUTDOWN for another socket", send: (caller) => caller.control(SHUTDOWN, { to: 7 }), right: UNAFFECTED },
  { what: "SHUTDOWNs between payload", send: (caller) => caller.shutDown(), right: CLOSED },
];

function controlPackets(): readonly HostilePacket[] {
  return ([
    ["an ACK of what was never sent", ACK, new Uint8Array(28).fill(0x7f)],
    ["a NAK of what was never sent", NAK, new Uint8Array(8).fill(0x22)],
    ["a congestion warning", CONGESTION, new Uint8Array(4)],
    ["an ACKACK of an ACK that was never sent", ACKACK, new Uint8Array(4)],
    ["a DROPREQ of what has arrived", DROPREQ, new Uint8Array([0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff])],
    ["a PEERERROR", PEERERROR, new Uint8Array(4)],
    ["a KMREQ in a session without encryption", KMREQ, new Uint8Array(72).fill(0x12)],
    ["an oversized KMREQ", KMREQ, OVERSIZED],
    ["an oversized KMRSP", KMRSP, OVERSIZED],
    ["an HSREQ after the handshake", HSREQ, new Uint8Array(12)],
    ["a control packet of an unknown type", UNKNOWN, OVERSIZED],
  ] as const).map(([what, type, body]) => ({
    what,
    send: (caller) => caller.control(type, { body }),
    right: UNAFFECTED,
  }));
}

async function sendShort(caller: RawSession): Promise<void> {
  for (let length = 0; length < 16; length += 1) await caller.datagram(new Uint8Array(length).fill(0x80));
}

function dataOf(packet: Parameters<RawSession["data"]>[0]): HostilePacket["send"] {
  return async (caller) => void await caller.data(packet);
}

/** The result for a caller that sent such a packet, and for another caller of the same listener. */
export interface HostileCall {
  readonly end: EventOf<"session-end">;
  /** How its recording differs from the correct one, or null. */
  readonly fault: string | null;
  /** How the recording of the other caller differs from what it sent, or null. */
  readonly bystanderFault: string | null;
}

/** A packet and the result of its call, which may not have begun yet. */
export interface ComingCall {
  readonly packet: HostilePacket;
  readonly call: Promise<HostileCall>;
}

/** Runs a call for each kind of packet, {@linkcode AT_ONCE} at a time. `splitter` records into files. */
export function callWithEach(splitter: Splitter): readonly ComingCall[] {
  const lanes: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve());
  return HOSTILE_PACKETS.map((packet, index) => {
    const call = (lanes[index % AT_ONCE] ?? Promise.resolve()).then(() =>
      callWith(splitter, packet, `beside-${index}`)
    );
    lanes[index % AT_ONCE] = call.catch(() => {}); // the caller of this function awaits `call`, and gets the error
    return { packet, call };
  });
}

/** Runs a caller that sends the packet, and a bystander that sends meanwhile, each to the end of its session. */
async function callWith(splitter: Splitter, { send, right }: HostilePacket, beside: string): Promise<HostileCall> {
  await using bystander = await connectInCrowd({ port: splitter.port, streamId: beside });
  using caller = await RawSession.call(splitter.port);
  const { session } = await splitter.event("session-start", (start) => start.caller.port === caller.port);
  const over = new AbortController();
  const ending = splitter.event("session-end", (end) => end.session === session).finally(() => over.abort());
  const [end, sent, sentBeside] = await Promise.all([
    ending,
    sendAround(caller, { send, right, over: over.signal }),
    sendAside(bystander, over.signal),
  ]);
  await bystander.waitUntilDelivered();
  bystander.close();
  const endBeside = await splitter.event("session-end", ({ stream }) => stream === beside);
  return {
    end,
    fault: differenceOf(end, sent, right.kept),
    bystanderFault: differenceOf(endBeside, sentBeside, "all"),
  };
}

async function sendAside(bystander: SrtCaller, over: AbortSignal): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const sent: Uint8Array<ArrayBuffer>[] = [];
  do {
    const payload = makePayload(MESSAGES, sent.length + 1);
    sent.push(payload);
    await bystander.send(payload, { bitsPerSecond: 4_000_000 });
  } while (!over.aborted);
  return sent;
}

/** Sends payload, the packet, and what follows it; returns the payload. */
async function sendAround(
  caller: RawSession,
  { send, right: { then }, over }: Pick<HostilePacket, "send" | "right"> & { readonly over: AbortSignal },
): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const sent: Uint8Array<ArrayBuffer>[] = [];
  async function sendSome(): Promise<void> {
    for (let index = 0; index < MESSAGES; index += 1) sent.push(await caller.data());
  }
  await sendSome();
  await send(caller);
  switch (then) {
    case "sends and closes":
      await sendSome();
      await caller.shutDown();
      break;
    case "closes":
      await caller.shutDown();
      break;
    case "keeps sending":
    case "repeats":
      while (!over.aborted) {
        sent.push(await caller.data());
        await new Promise((resolve) => setTimeout(resolve, PACE_MS));
        if (then === "repeats") await send(caller);
      }
      break;
    default:
      then satisfies never;
  }
  return sent;
}

function differenceOf(
  { file }: EventOf<"session-end">,
  sent: readonly Uint8Array<ArrayBuffer>[],
  kept: RightEnd["kept"],
): string | null {
  const recorded = file === null ? new Uint8Array() : Deno.readFileSync(file);
  const expected = Buffer.concat(kept === "all" ? sent : sent.slice(0, MESSAGES));
  try {
    assertSameBytes(kept === "all" ? recorded : recorded.subarray(0, expected.length), expected);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
