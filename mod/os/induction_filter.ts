/**
 * A socket filter that keeps a caller's INDUCTION from libsrt once its session stands.
 *
 * A caller that starts again on the same port reaches the connected socket of its old session, and libsrt would throw the
 * INDUCTION away without a word. Dropped by this filter it is counted by the kernel, and that can be seen.
 *
 * @module
 */

/** Classic BPF (`linux/filter.h`): code u16, jump where true u8, jump where false u8, operand u32. */
const INSTRUCTIONS = [
  // an UDP socket's filter sees the UDP header (8 bytes) first; a load past the end drops the datagram
  [0x20, 0, 0, 8], // ldw [8]: packet type
  [0x15, 0, 2, 0x80000000], // HANDSHAKE? (draft-sharabayko-srt 3.2.1)
  [0x20, 0, 0, 8 + 36], // ldw [44]: handshake type
  [0x15, 1, 0, 1], // INDUCTION: drop
  [0x06, 0, 0, 0x40000], // take it whole
  [0x06, 0, 0, 0], // drop
] as const;

/** Bytes of one instruction. */
const INSTRUCTION_BYTES = 8;

/** The program as `SO_ATTACH_FILTER` takes it. */
export function encodeInductionFilter(): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(INSTRUCTIONS.length * INSTRUCTION_BYTES));
  INSTRUCTIONS.forEach(([code, jumpTrue, jumpFalse, operand], index) => {
    const offset = index * INSTRUCTION_BYTES;
    view.setUint16(offset, code, true);
    view.setUint8(offset + 2, jumpTrue);
    view.setUint8(offset + 3, jumpFalse);
    view.setUint32(offset + 4, operand, true);
  });
  return new Uint8Array(view.buffer);
}
