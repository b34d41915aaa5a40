import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type Conclusion, decodeConclusion } from "../../mod/packet/conclusion.ts";
import { bytes, CONCLUSION_FFMPEG, CONCLUSION_FILE, CONCLUSION_FILTER } from "../fixtures/handshakes.ts";
import { CONCLUSION_KEY_24, CONCLUSION_KEY_32, CONCLUSION_PLAIN, CONCLUSION_SID } from "../fixtures/handshakes.ts";
import { CONCLUSION_SID_512_HEAD, CONCLUSION_STANDARD_SID, GROUP_DATA, INDUCTION } from "../fixtures/handshakes.ts";

const HSREQ = "00010003 00010501000000bf00780078";
const SID = "00050001 00636261";

function decoded(packet: string | Uint8Array): Conclusion {
  const conclusion = decodeConclusion(typeof packet === "string" ? bytes(packet) : packet);
  if (conclusion.kind === "malformed") throw new Error(`cannot decode fixture: ${conclusion.text}`);
  return conclusion;
}

/** The fixed part of a captured CONCLUSION with another extension field and other blocks. */
function built(extension: number, blocks: string): string {
  const field = extension.toString(16).padStart(4, "0");
  return CONCLUSION_PLAIN.slice(0, 44) + field + CONCLUSION_PLAIN.slice(48, 128) + blocks;
}

/** The fixed part with one 32-bit field replaced. */
function changed(offset: number, field: string): string {
  return CONCLUSION_PLAIN.slice(0, 2 * offset) + field + CONCLUSION_PLAIN.slice(2 * offset + 8);
}

function textOf(packet: string): string {
  const conclusion = decodeConclusion(bytes(packet));
  return conclusion.kind === "malformed" ? conclusion.text : "decoded";
}

Deno.test("decodeConclusion decodes a plain caller", () => {
  const { handshake, ...rest } = decoded(CONCLUSION_PLAIN);
  strictEqual(handshake.cookie, 0x01234567);
  deepStrictEqual(rest, {
    kind: "conclusion",
    hsVersion: 5,
    srtVersion: "1.5.1",
    flags: 0xbf,
    receiverLatencyMs: 120,
    senderLatencyMs: 120,
    streamId: null,
    congestion: null,
    packetFilter: null,
    keyMaterial: null,
    group: null,
  });
});

for (
  const [packet, streamId] of [
    [CONCLUSION_SID, "abcde"],
    [CONCLUSION_STANDARD_SID, "%23!::r=field/camera-1,m=publish,u=anna"],
    [CONCLUSION_SID_512_HEAD + "78".repeat(512), "x".repeat(512)],
    [CONCLUSION_FFMPEG, "publish:cam"],
  ] as const
) {
  Deno.test(`decodeConclusion decodes the stream ID ${streamId.slice(0, 40)}`, () => {
    strictEqual(decoded(packet).streamId, streamId);
  });
}

Deno.test("decodeConclusion decodes ffmpeg's latency in milliseconds", () => {
  strictEqual(decoded(CONCLUSION_FFMPEG).receiverLatencyMs, 200);
});

Deno.test("decodeConclusion decodes the packet filter", () => {
  strictEqual(decoded(CONCLUSION_FILTER).packetFilter, "fec,cols:10,rows:5,arq:onreq");
});

Deno.test("decodeConclusion decodes a file mode caller, whose KMREQ is last", () => {
  const { congestion, streamId, keyMaterial } = decoded(CONCLUSION_FILE);
  deepStrictEqual([congestion, streamId, keyMaterial?.keyLength], ["file", "hostname", 16]);
});

Deno.test("decodeConclusion returns the encryption field, and the key length that KMREQ announces", () => {
  const { handshake, keyMaterial } = decoded(CONCLUSION_KEY_24);
  deepStrictEqual([handshake.encryption, keyMaterial?.keyLength], [3, 24]);
});

Deno.test("decodeConclusion returns no stream ID for a block of NULs", () => {
  strictEqual(decoded(built(5, `${HSREQ} 00050001 00000000`)).streamId, null);
});

Deno.test("decodeConclusion decodes KMREQ after SID", () => {
  const { streamId, keyMaterial } = decoded(CONCLUSION_KEY_32);
  deepStrictEqual([streamId, keyMaterial?.keyLength], ["abc", 32]);
});

Deno.test("decodeConclusion decodes the group of a bonded caller", () => {
  const { streamId, group } = decoded(built(5, `${HSREQ} ${SID} 00080002 ${GROUP_DATA}`));
  deepStrictEqual([streamId, group], ["abc", { id: 0x50c8f3d8, type: 1, flags: 0, weight: 10 }]);
});

Deno.test("decodeConclusion returns the same for blocks in reverse order", () => {
  const forward = decoded(built(5, `${HSREQ} ${SID} 00080002 ${GROUP_DATA}`));
  deepStrictEqual(decoded(built(5, `00080002 ${GROUP_DATA} ${SID} ${HSREQ}`)), forward);
});

Deno.test("decodeConclusion skips unknown blocks", () => {
  strictEqual(decoded(built(5, `${HSREQ} 7abc0001 00010003 ${SID}`)).streamId, "abc");
});

Deno.test("decodeConclusion skips a stream ID that is not announced, as libsrt does", () => {
  strictEqual(decoded(built(1, `${HSREQ} ${SID}`)).streamId, null);
});

Deno.test("decodeConclusion skips an invalid block that is not announced", () => {
  strictEqual(decoded(built(1, `${HSREQ} 00050000`)).kind, "conclusion");
});

Deno.test("decodeConclusion returns copies, which do not change with the buffer", () => {
  const buffer = bytes(CONCLUSION_KEY_32);
  const conclusion = decoded(buffer);
  buffer.fill(0xee);
  deepStrictEqual(conclusion, decoded(CONCLUSION_KEY_32));
});

Deno.test("decodeConclusion uses the first of two HSREQ blocks, as libsrt does", () => {
  strictEqual(decoded(built(1, `${HSREQ} ${HSREQ.replace("00010501", "00010304")}`)).srtVersion, "1.5.1");
});

Deno.test("decodeConclusion decodes a caller without the HSREQ that it announces, as libsrt does", () => {
  const { srtVersion, streamId } = decoded(built(5, SID));
  deepStrictEqual([srtVersion, streamId], [null, "abc"]);
});

for (
  const [what, end] of [
    ["a word of ones", "ffffffff"],
    ["a vendor's block that is cut", "000900c8 01020304"],
    ["a stream ID that is cut, after a whole one", "00050009 63626100"],
  ] as const
) {
  Deno.test(`decodeConclusion ignores ${what} at the end, as libsrt does`, () => {
    strictEqual(decoded(built(5, `${HSREQ} ${SID} ${end}`)).streamId, "abc");
  });
}

Deno.test("decodeConclusion skips repeated unknown blocks", () => {
  strictEqual(decoded(built(5, `${HSREQ} 00090000 00090000 ${SID}`)).streamId, "abc");
});

for (const [offset, field] of [[24, "7ffffffe"], [28, "00000020"], [28, "7fffffff"], [32, "00000002"]] as const) {
  Deno.test(`decodeConclusion accepts the limit ${field} at byte ${offset}`, () => {
    strictEqual(textOf(changed(offset, field)), "decoded");
  });
}

Deno.test("decodeConclusion decodes an HSv4 caller, which has no blocks", () => {
  const { handshake: _, ...rest } = decoded(
    CONCLUSION_PLAIN.slice(0, 32) + "0000000400000002" + CONCLUSION_PLAIN.slice(48, 128),
  );
  deepStrictEqual(rest, {
    kind: "conclusion",
    hsVersion: 4,
    srtVersion: null,
    flags: 0,
    receiverLatencyMs: 0,
    senderLatencyMs: 0,
    streamId: null,
    congestion: null,
    packetFilter: null,
    keyMaterial: null,
    group: null,
  });
});

for (
  const [what, packet, text] of [
    ["the packet is an INDUCTION", INDUCTION, "handshake type 1, expected CONCLUSION"],
    ["the version is unknown", changed(16, "00000006"), "handshake version 6 is unknown, expected 4 or 5"],
    ["an HSv4 caller requests a stream socket", changed(16, "00000004"), "HSv4 socket type 0/1, expected 0/2"],
    [
      "the initial sequence is the highest",
      changed(24, "7fffffff"),
      "initial sequence number 2147483647 is out of range",
    ],
    ["the MSS is tiny", changed(28, "0000001f"), "MSS 31 is out of range"],
    ["the MSS is negative", changed(28, "80000000"), "MSS 2147483648 is out of range"],
    ["the flow window is one packet", changed(32, "00000001"), "flow window 1 is out of range"],
    ["version 5 announces no block", built(0, HSREQ), "version 5 CONCLUSION without extensions"],
    ["version 5 has no block", built(1, ""), "version 5 CONCLUSION without extensions"],
    ["KMREQ is announced but missing", built(7, `${HSREQ} ${SID}`), "extension block 3 is announced but missing"],
    ["the stream ID is repeated", built(5, HSREQ + SID + SID), "extension block 5 is repeated"],
    ["HSREQ is too short", built(1, "00010002 00010501000000bf"), "HSREQ too short: 8 bytes, at least 12"],
    ["KMREQ is too short", built(3, `${HSREQ} 00030001 12202901`), "KMREQ too short: 4 bytes, more than 16 needed"],
    [
      "the stream ID is empty",
      built(5, `${HSREQ} 00050000`),
      "text block of 0 bytes, expected whole words, 4 to 512 bytes",
    ],
    [
      "the congestion controller is empty",
      built(5, `${HSREQ} 00060000`),
      "text block of 0 bytes, expected whole words, 4 to 512 bytes",
    ],
    [
      "the packet filter is empty",
      built(5, `${HSREQ} 00070000`),
      "text block of 0 bytes, expected whole words, 4 to 512 bytes",
    ],
    ["the group is too short", built(5, `${HSREQ} 00080001 50c8f3d8`), "GROUP too short: 4 bytes, at least 8"],
    [
      "a block runs past the end",
      built(5, `${HSREQ} 00050002 00636261`),
      "extension block 5 at byte 16 runs past the end: 8 bytes of data, 4 left",
    ],
  ] as const
) {
  Deno.test(`decodeConclusion returns Malformed if ${what}`, () => strictEqual(textOf(packet), text));
}
