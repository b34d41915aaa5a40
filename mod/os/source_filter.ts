/**
 * The classic BPF program that accepts only one caller's datagrams.
 *
 * Without it, a datagram from another caller could arrive in the new socket between `bind` and `connect`, and would stay there.
 * Therefore the filter is attached before `bind`.
 *
 * @module
 */

import { SOCK_FILTER_BYTES } from "./raw.ts";
import { AF_INET, type BinaryAddress } from "./socket_address.ts";

/** Opcodes (`linux/bpf_common.h`). */
const LOAD_BYTE = 0x30;
const LOAD_HALF = 0x28;
const LOAD_WORD = 0x20;
const AND = 0x54;
const JUMP_EQUAL = 0x15;
const RETURN = 0x06;

/** Offsets from here address the network header (`SKF_NET_OFF`, `linux/filter.h`); from 0 the UDP header. */
const NETWORK_HEADER = 0xfff0_0000;
/** More than any datagram: the whole datagram passes. */
const WHOLE = 0x40000;

/** A comparison: load something, and drop the datagram if it is not `expected`. */
interface Check {
  readonly load: readonly (readonly [code: number, operand: number])[];
  readonly expected: number;
}

/**
 * Encodes the filter for one caller as an array of `struct sock_filter`: 9 instructions for IPv4, 15 for IPv6.
 *
 * @param caller The caller's address; an IPv4-mapped IPv6 address must be given as IPv4.
 * @param port The caller's UDP port.
 */
export function encodeSourceFilter(caller: BinaryAddress, port: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(caller.bytes.buffer);
  const [version, sourceOffset] = caller.family === AF_INET ? [0x40, 12] : [0x60, 8];
  const checks: Check[] = [{ load: [[LOAD_BYTE, NETWORK_HEADER], [AND, 0xf0]], expected: version }];
  for (let offset = 0; offset < caller.bytes.length; offset += 4) {
    checks.push({ load: [[LOAD_WORD, NETWORK_HEADER + sourceOffset + offset]], expected: view.getUint32(offset) });
  }
  checks.push({ load: [[LOAD_HALF, 0]], expected: port });
  return assemble(checks);
}

/** Lays the checks out one after the other; each failed one jumps to the `drop` at the end. */
function assemble(checks: readonly Check[]): Uint8Array<ArrayBuffer> {
  const instructions = checks.reduce((sum, check) => sum + check.load.length + 1, 0) + 2;
  const drop = instructions - 1;
  const view = new DataView(new ArrayBuffer(instructions * SOCK_FILTER_BYTES));
  let index = 0;
  function emit(code: number, operand: number, jumpFalse = 0): void {
    const offset = index * SOCK_FILTER_BYTES;
    view.setUint16(offset, code, true);
    view.setUint8(offset + 3, jumpFalse);
    view.setUint32(offset + 4, operand, true);
    index += 1;
  }
  for (const { load, expected } of checks) {
    for (const [code, operand] of load) emit(code, operand);
    emit(JUMP_EQUAL, expected, drop - index - 1);
  }
  emit(RETURN, WHOLE);
  emit(RETURN, 0);
  return new Uint8Array(view.buffer);
}
