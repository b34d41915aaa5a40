import { deepStrictEqual } from "node:assert/strict";
import { StreamHider } from "../../../mod/web/page/hide_streams.ts";

const PMT_PID = 4096;
/** A PMT with H.264 on PID 256 and MPEG-1 audio on PID 257, as ffmpeg 5.1 writes it. */
const PMT = [
  ...[0x02, 0xb0, 0x17, 0x00, 0x01, 0xc1, 0x00, 0x00, 0xe1, 0x00, 0xf0, 0x00],
  ...[0x1b, 0xe1, 0x00, 0xf0, 0x00, 0x03, 0xe1, 0x01, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x00],
];

/** A TS packet. */
function packet(pid: number, payload: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(188).fill(0xff);
  bytes.set([0x47, 0x40 | pid >> 8, pid & 0xff, 0x10, 0, ...payload]);
  return bytes;
}

const STREAM = new Uint8Array([...packet(256, [1, 2, 3]), ...packet(PMT_PID, PMT), ...packet(257, [4, 5, 6])]);

/** Passes the stream through in pieces. */
function passInPieces(bytes: number, stream = STREAM): Uint8Array<ArrayBuffer> {
  const hider = new StreamHider({ pmtPid: PMT_PID, pids: [257] });
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < stream.length; at += bytes) parts.push(hider.pass(stream.subarray(at, at + bytes)));
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

for (const bytes of [1, 100, 188, 189, 1000]) {
  Deno.test(`StreamHider changes only the type of a stream in its PMT, in pieces of ${bytes} bytes`, () => {
    const passed = passInPieces(bytes);
    const changed = [...passed.keys()].filter((at) => passed[at] !== STREAM[at]);
    deepStrictEqual([passed.length, changed], [STREAM.length, [188 + 5 + 17]]);
    const section = passed.subarray(188 + 5, 188 + 5 + PMT.length);
    deepStrictEqual([section[12], section[17]], [0x1b, 0x05]);
  });
}

Deno.test("StreamHider passes payload on that is not in packets of 188 bytes", () => {
  const other = new Uint8Array(1000).fill(7);
  deepStrictEqual(passInPieces(1000, other), other);
});

Deno.test("StreamHider returns a whole packet whatever its PMT contains", () => {
  const hider = new StreamHider({ pmtPid: PMT_PID, pids: [257] });
  for (let seed = 0; seed < 500; seed += 1) {
    const payload = Array.from({ length: 180 }, (_, at) => (seed * 31 + at * at * (seed + 7)) & 0xff);
    deepStrictEqual(hider.pass(packet(PMT_PID, seed % 2 === 0 ? payload : [2, ...payload.slice(1)])).length, 188);
  }
});
