/**
 * The socket filter of a session: which of a caller's datagrams reach libsrt, which are hidden from it, and which are dropped.
 *
 * libsrt reads a hidden datagram as an empty one and ignores it. A dropped datagram never reaches the socket; the kernel counts
 * it. By that count a session detects a SHUTDOWN that libsrt does not receive.
 *
 * @module
 */

import { SOCK_FILTER_BYTES } from "./raw.ts";

/** What happens to a kind of datagram. */
export type Treatment = "pass" | "hide" | "drop";

/** A filter's rules. */
export interface SessionFilter {
  /** libsrt's socket ID of the connection; null before the caller is accepted, when every ID but 0 is valid. */
  readonly socketId: number | null;
  /** SRT socket ID of the caller, as its CONCLUSION has it. */
  readonly callerSocketId: number;
  /** Whether the session is encrypted. If it is, unencrypted payload is hidden; if it is not, encrypted payload is hidden. */
  readonly encrypted: boolean;
  /** An INDUCTION, from a caller that calls again or from another caller behind the same port. */
  readonly induction: Treatment;
  /** A CONCLUSION with another socket ID than the caller's. */
  readonly otherConclusion: Treatment;
  /** Any other handshake, such as a rejection, which only a listener sends; `hide` unless given. */
  readonly otherHandshake?: Treatment;
}

/** Opcodes (`linux/bpf_common.h`). */
const LOAD_WORD = 0x20;
const LOAD_LENGTH = 0x80;
const AND = 0x54;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_AT_LEAST = 0x35;
const JUMP_SET = 0x45;
const RETURN = 0x06;

/** The data of a filter of a UDP socket begins with the UDP header. */
const UDP_HEADER_BYTES = 8;
/** Bytes kept of a datagram: all (no datagram is longer), only the UDP header, or 0, which drops it. */
const KEPT = { pass: 0x40000, hide: UDP_HEADER_BYTES, drop: 0 } as const;

/** Header fields (draft-sharabayko-srt 3 and 3.2.1), as offsets into the datagram. */
const AT = {
  type: UDP_HEADER_BYTES,
  flags: UDP_HEADER_BYTES + 4,
  destination: UDP_HEADER_BYTES + 12,
  handshakeType: UDP_HEADER_BYTES + 36,
};
const AT_SOCKET_ID = UDP_HEADER_BYTES + 40;
const CONTROL = 0x8000_0000;
/** Flags of a data packet that is encrypted with the even or the odd key (3.1). */
const KEY_FLAGS = 0x1800_0000;
const HANDSHAKE = 0x8000_0000;
const KEEPALIVE = 0x8001_0000;
const SHUTDOWN = 0x8005_0000;
const ACKACK = 0x8006_0000;
const PEERERROR = 0x8008_0000;
/** A shorter datagram has no complete header or handshake. A load past its end would drop it, and the kernel counts each drop. */
const HEADER_BYTES = 16;
const HANDSHAKE_BYTES = 48;
/** User-defined type 0x7FFF, subtype 3. */
const KMREQ = 0xffff_0003;
const INDUCTION = 1;
const CONCLUSION = 0xffff_ffff;

/**
 * Bytes of the longest valid KMREQ, which has two 256-bit keys: its header and its body. In libsrt up to 1.5.5, a longer one
 * overflows a buffer on the stack (CVE-2026-55869).
 */
const KMREQ_BYTES = 16 + 104;

/** An instruction; jumps name their target. */
type Instruction =
  | { readonly load: number }
  | { readonly loadLength: true }
  | { readonly and: number }
  | { readonly jump: number; readonly operand: number; readonly to: string; readonly otherwise?: string }
  | { readonly keep: keyof typeof KEPT }
  | { readonly label: string };

/**
 * Encodes a filter for `SO_ATTACH_FILTER`: an array of `struct sock_filter`.
 *
 * What a recording needs from its caller passes: data, KEEPALIVE, ACKACK, PEERERROR, key messages of an encrypted session, and
 * repeats of its own CONCLUSION. Its SHUTDOWN is dropped.
 *
 * - DROPREQ is hidden: when libsrt 1.5.1 receives one, it discards packets that have arrived. It does not need one to give up
 *   missing packets.
 * - Encrypted data in a session without encryption is hidden: after one such packet, libsrt 1.5.1 treats all data as
 *   undecryptable and discards it.
 * - Data without encryption in an encrypted session is hidden: libsrt would deliver it, although it may be forged. FEC
 *   packets and retransmissions have the flag of a key, too.
 * - ACK, NAK and all other packets are hidden: they have no meaning for a receiver.
 */
export function encodeSessionFilter(rules: SessionFilter): Uint8Array<ArrayBuffer> {
  const { socketId, callerSocketId, encrypted, induction, otherConclusion, otherHandshake = "hide" } = rules;
  const destinationCheck: Instruction[] = socketId === null
    ? [{ load: AT.destination }, equals(0, "hide")]
    : [{ load: AT.destination }, equals(socketId >>> 0, "for us", "hide"), { label: "for us" }];
  return assemble([
    ...atLeast(HEADER_BYTES, "header"),
    { load: AT.type },
    equals(HANDSHAKE, "handshake"),
    ...destinationCheck,
    { load: AT.type },
    { jump: JUMP_SET, operand: CONTROL, to: "control", otherwise: "data" },
    { label: "data" },
    { load: AT.flags },
    {
      jump: JUMP_SET,
      operand: KEY_FLAGS,
      ...(encrypted ? { to: "pass", otherwise: "hide" } : { to: "hide", otherwise: "pass" }),
    },
    { label: "control" },
    ...(encrypted ? [equals(KMREQ, "key message")] : []),
    { and: 0xffff_0000 },
    equals(SHUTDOWN, "drop"),
    equals(KEEPALIVE, "pass"),
    equals(ACKACK, "pass"),
    equals(PEERERROR, "pass", "hide"),
    { label: "key message" },
    { loadLength: true },
    { jump: JUMP_GREATER, operand: UDP_HEADER_BYTES + KMREQ_BYTES, to: "hide", otherwise: "pass" },
    { label: "handshake" },
    ...atLeast(HANDSHAKE_BYTES, "handshake type"),
    { load: AT.handshakeType },
    equals(INDUCTION, "induction"),
    equals(CONCLUSION, "conclusion", otherHandshake),
    { label: "conclusion" },
    { load: AT_SOCKET_ID },
    equals(callerSocketId >>> 0, "pass"),
    { keep: otherConclusion },
    { label: "induction" },
    { keep: induction },
    { label: "drop" },
    { keep: "drop" },
    { label: "pass" },
    { keep: "pass" },
    { label: "hide" },
    { keep: "hide" },
  ]);
}

/** Encodes the filter that hides everything: the session has ended for its caller. */
export function encodeClosedFilter(): Uint8Array<ArrayBuffer> {
  return assemble([{ keep: "hide" }]);
}

function equals(operand: number, to: string, otherwise?: string): Instruction {
  return { jump: JUMP_EQUAL, operand, to, ...(otherwise === undefined ? {} : { otherwise }) };
}

function atLeast(bytes: number, label: string): readonly Instruction[] {
  const operand = UDP_HEADER_BYTES + bytes;
  return [{ loadLength: true }, { jump: JUMP_AT_LEAST, operand, to: label, otherwise: "hide" }, { label }];
}

function assemble(program: readonly Instruction[]): Uint8Array<ArrayBuffer> {
  const labels = new Map<string, number>();
  const code: Exclude<Instruction, { readonly label: string }>[] = [];
  for (const instruction of program) {
    if ("label" in instruction) labels.set(instruction.label, code.length);
    else code.push(instruction);
  }
  const view = new DataView(new ArrayBuffer(code.length * SOCK_FILTER_BYTES));
  code.forEach((instruction, index) => {
    function distance(label: string | undefined): number {
      return label === undefined ? 0 : (labels.get(label) ?? NaN) - index - 1;
    }
    const [opcode, operand, whenTrue, whenFalse] = "load" in instruction
      ? [LOAD_WORD, instruction.load, 0, 0]
      : "loadLength" in instruction
      ? [LOAD_LENGTH, 0, 0, 0]
      : "and" in instruction
      ? [AND, instruction.and, 0, 0]
      : "keep" in instruction
      ? [RETURN, KEPT[instruction.keep], 0, 0]
      : [instruction.jump, instruction.operand, distance(instruction.to), distance(instruction.otherwise)];
    view.setUint16(index * SOCK_FILTER_BYTES, opcode, true);
    view.setUint8(index * SOCK_FILTER_BYTES + 2, whenTrue);
    view.setUint8(index * SOCK_FILTER_BYTES + 3, whenFalse);
    view.setUint32(index * SOCK_FILTER_BYTES + 4, operand, true);
  });
  return new Uint8Array(view.buffer);
}
