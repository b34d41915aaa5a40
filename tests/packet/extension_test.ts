import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  decodeExtensions,
  encodeExtensions,
  EXTENSION_COMMAND,
  type ExtensionBlock,
} from "../../mod/packet/extension.ts";
import { isMalformed } from "../../mod/packet/malformed.ts";
import { bytes, CONCLUSION_FILE, hex } from "../fixtures/handshakes.ts";

function blocksOf(digits: string): readonly ExtensionBlock[] {
  const extensions = decodeExtensions(bytes(digits));
  if (isMalformed(extensions)) throw new Error(`cannot decode blocks: ${extensions.text}`);
  return extensions.blocks;
}

function textOf(digits: string): string {
  const extensions = decodeExtensions(bytes(digits));
  if (isMalformed(extensions)) return extensions.text;
  const { blocks, cut } = extensions;
  return cut === null ? `${blocks.length} blocks` : `${blocks.length} blocks; ${cut.text}`;
}

Deno.test("decodeExtensions keeps the order of the blocks of a file mode caller", () => {
  deepStrictEqual(blocksOf(CONCLUSION_FILE.slice(128)).map(({ command, data }) => [command, data.length]), [
    [1, 12],
    [5, 8],
    [6, 4],
    [3, 56],
  ]);
});

Deno.test("decodeExtensions returns exactly the data of each block", () => {
  deepStrictEqual(blocksOf("00050001 63626100 00080001 50c8f3d8").map(({ data }) => hex(data)), [
    "63626100",
    "50c8f3d8",
  ]);
});

Deno.test("decodeExtensions skips unknown commands by their length", () => {
  deepStrictEqual(blocksOf("7abc0002 0005000100050001 00050001 63626100").map(({ command }) => command), [0x7abc, 5]);
});

Deno.test("decodeExtensions accepts a block without data", () => {
  deepStrictEqual(blocksOf("00090000 00050001 63626100").map(({ command }) => command), [9, 5]);
});

Deno.test("decodeExtensions ignores one to three bytes at the end, as libsrt does", () => {
  deepStrictEqual(["00", "0000", "000500"].map((tail) => blocksOf("0005000163626100" + tail).length), [1, 1, 1]);
});

Deno.test("decodeExtensions accepts many zero words as padding", () => {
  strictEqual(blocksOf("0005000163626100" + "00".repeat(1400)).length, 1);
});

Deno.test("decodeExtensions returns no block for no bytes", () => {
  deepStrictEqual(blocksOf(""), []);
});

Deno.test("decodeExtensions reports that a block is cut if it runs one word past the end", () => {
  const text = "extension block 5 at byte 0 runs past the end: 8 bytes of data, 4 left";
  strictEqual(textOf("00050002 63626100"), `0 blocks; ${text}`);
});

Deno.test("decodeExtensions returns the blocks before a block that was cut after its header", () => {
  strictEqual(
    textOf("0005000163626100 0001ffff"),
    "1 blocks; extension block 1 at byte 8 runs past the end: 262140 bytes of data, 0 left",
  );
});

Deno.test("decodeExtensions accepts 64 blocks", () => {
  strictEqual(textOf("00090000".repeat(64)), "64 blocks");
});

Deno.test("decodeExtensions returns Malformed for 65 blocks", () => {
  strictEqual(textOf("00090000".repeat(65)), "too many extension blocks: more than 64");
});

Deno.test("encodeExtensions reproduces the captured bytes of a file mode caller", () => {
  const captured = CONCLUSION_FILE.slice(128);
  strictEqual(hex(encodeExtensions(blocksOf(captured))), captured);
});

Deno.test("encodeExtensions throws RangeError if data is not whole words", () => {
  throws(() => encodeExtensions([{ command: 5, data: new Uint8Array(3) }]), RangeError);
});

Deno.test("encodeExtensions throws RangeError if data is longer than the length field allows", () => {
  throws(() => encodeExtensions([{ command: 5, data: new Uint8Array(0x10000 * 4) }]), RangeError);
});

Deno.test("EXTENSION_COMMAND numbers the commands of the specification in their order", () => {
  deepStrictEqual(Object.values(EXTENSION_COMMAND), [1, 2, 3, 4, 5, 6, 7, 8]);
});

for (const command of [-1, 1.5, 0x10000]) {
  Deno.test(`encodeExtensions throws RangeError if the command is ${command}`, () => {
    throws(() => encodeExtensions([{ command, data: new Uint8Array(0) }]), RangeError);
  });
}
