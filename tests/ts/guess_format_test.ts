import assert from "node:assert/strict";

import { guessFormat } from "../../mod/ts/guess_format.ts";
import { rtpDatagrams } from "./made_stream.ts";

const TS_PACKET = Uint8Array.of(0x47, ...new Array(187).fill(0xff));
const SEVEN_PACKETS = new Uint8Array(1316).map((_, at) => at % 188 === 0 ? 0x47 : 0xff);
const VIDEO = new Uint8Array(1000).fill(0x7c);

const CASES: readonly (readonly [what: string, format: string | null, head: Uint8Array | readonly number[]])[] = [
  ["an FLV signature", "FLV", [0x46, 0x4c, 0x56, 0x01, 0x05]],
  ["an EBML header", "Matroska or WebM", [0x1a, 0x45, 0xdf, 0xa3]],
  ["an ftyp box", "MP4", [0, 0, 0, 0x20, 0x66, 0x74, 0x79, 0x70]],
  ["an styp box", "fragmented MP4", [0, 0, 0, 0x18, 0x73, 0x74, 0x79, 0x70]],
  ["a NAL unit", "raw H.264 or H.265", [0, 0, 0, 1, 0x67]],
  ["one RTP datagram of type 33", "RTP with TS inside", rtpDatagrams([TS_PACKET])],
  ["RTP datagrams of type 33", "RTP with TS inside", rtpDatagrams([SEVEN_PACKETS, SEVEN_PACKETS])],
  ["RTP datagrams of type 96 with TS", "RTP with TS inside", rtpDatagrams([TS_PACKET, TS_PACKET], { type: 96 })],
  ["RTP datagrams with an extension", "RTP with TS inside", rtpDatagrams([TS_PACKET, TS_PACKET], { extension: 2 })],
  ["RTP datagrams with two CSRCs", "RTP with TS inside", rtpDatagrams([TS_PACKET, TS_PACKET], { csrcs: 2 })],
  ["RTP datagrams with SSRC 0", "RTP with TS inside", rtpDatagrams([TS_PACKET, TS_PACKET], { ssrc: 0 })],
  ["RTP datagrams at the wrap-around", "RTP", rtpDatagrams([VIDEO, VIDEO], { type: 96, sequence: 0xffff })],
  ["RTP datagrams of different sizes", "RTP", rtpDatagrams([VIDEO, VIDEO.subarray(7), VIDEO], { type: 96 })],
  ["RTP datagrams with a gap", "RTP", rtpDatagrams([VIDEO, VIDEO], { type: 96, step: 4 })],
  ["one RTP datagram without TS", null, rtpDatagrams([VIDEO], { type: 96 })],
  ["headers without a common sequence", null, rtpDatagrams([VIDEO, VIDEO], { type: 96, step: 1000 })],
  ["UTF-8", "text", [...new TextEncoder().encode("Grüße\n")]],
  ["arbitrary bytes", null, [0xde, 0xad, 0xbe, 0xef]],
  ["no bytes", null, []],
];

for (const [what, format, head] of CASES) {
  Deno.test(`guessFormat returns ${format} for ${what}`, () => {
    assert.equal(guessFormat(new Uint8Array(head)), format);
  });
}
