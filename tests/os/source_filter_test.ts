/** Tests of mod/os/source_filter.ts: its programs, run by an interpreter of the instructions that it uses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { toBinaryAddress } from "../../mod/os/socket_address.ts";
import { encodeSourceFilter } from "../../mod/os/source_filter.ts";

const libc = openLibc();

function filterFor(address: string, port: number): DataView<ArrayBuffer> {
  return new DataView(encodeSourceFilter(toBinaryAddress(libc, address), port).buffer);
}

/** Runs a classic BPF program (`linux/filter.h`) over a datagram; returns whether it is accepted. */
function accepts(program: DataView, datagram: { readonly network: DataView; readonly transport: DataView }): boolean {
  let accumulator = 0;
  for (let index = 0; index * 8 < program.byteLength; index += 1) {
    const operand = program.getUint32(index * 8 + 4, true);
    const [view, offset] = operand >= 0xfff00000
      ? [datagram.network, operand - 0xfff00000]
      : [datagram.transport, operand];
    switch (program.getUint16(index * 8, true)) {
      case 0x30:
        accumulator = view.getUint8(offset);
        break;
      case 0x28:
        accumulator = view.getUint16(offset);
        break;
      case 0x20:
        accumulator = view.getUint32(offset);
        break;
      case 0x54:
        accumulator = (accumulator & operand) >>> 0;
        break;
      case 0x15:
        index += program.getUint8(index * 8 + (accumulator === operand ? 2 : 3));
        break;
      case 0x06:
        return operand > 0;
      default:
        throw new Error(`unknown instruction ${index}`);
    }
  }
  throw new Error("the program runs past its end");
}

function datagramFrom(address: string, port: number) {
  const { bytes } = toBinaryAddress(libc, address);
  const network = new DataView(new ArrayBuffer(bytes.length === 4 ? 20 : 40));
  network.setUint8(0, bytes.length === 4 ? 0x45 : 0x60);
  new Uint8Array(network.buffer).set(bytes, bytes.length === 4 ? 12 : 8);
  const transport = new DataView(new ArrayBuffer(8));
  transport.setUint16(0, port);
  return { network, transport };
}

Deno.test("encodeSourceFilter encodes nine instructions for an IPv4 caller", () => {
  const program = filterFor("192.0.2.9", 40123);
  const instructions = Array.from({ length: program.byteLength / 8 }, (_, index) => [
    program.getUint16(index * 8, true),
    program.getUint8(index * 8 + 2),
    program.getUint8(index * 8 + 3),
    program.getUint32(index * 8 + 4, true),
  ]);
  deepStrictEqual(instructions, [
    [0x30, 0, 0, 0xfff00000],
    [0x54, 0, 0, 0xf0],
    [0x15, 0, 5, 0x40],
    [0x20, 0, 0, 0xfff0000c],
    [0x15, 0, 3, 0xc0000209],
    [0x28, 0, 0, 0],
    [0x15, 0, 1, 40123],
    [0x06, 0, 0, 0x40000],
    [0x06, 0, 0, 0],
  ]);
});

Deno.test("encodeSourceFilter needs 15 instructions for an IPv6 caller", () => {
  strictEqual(filterFor("2001:db8::1", 9000).byteLength, 15 * 8);
});

for (
  const [what, address, port, expected] of [
    ["the caller", "2001:db8:1:2:3:4:5:6", 9000, true],
    ["another port", "2001:db8:1:2:3:4:5:6", 9001, false],
    ["another first word", "2001:db9:1:2:3:4:5:6", 9000, false],
    ["another second word", "2001:db8:1:3:3:4:5:6", 9000, false],
    ["another third word", "2001:db8:1:2:3:5:5:6", 9000, false],
    ["another fourth word", "2001:db8:1:2:3:4:5:7", 9000, false],
    ["IPv4", "192.0.2.9", 9000, false],
  ] as const
) {
  Deno.test(`the filter of an IPv6 caller ${expected ? "accepts" : "drops"}: ${what}`, () => {
    strictEqual(accepts(filterFor("2001:db8:1:2:3:4:5:6", 9000), datagramFrom(address, port)), expected);
  });
}

for (
  const [what, address, port, expected] of [
    ["the caller", "192.0.2.9", 65535, true],
    ["another port", "192.0.2.9", 65534, false],
    ["another address", "192.0.2.8", 65535, false],
    ["IPv6", "::ffff:192.0.2.9", 65535, false],
  ] as const
) {
  Deno.test(`the filter of an IPv4 caller ${expected ? "accepts" : "drops"}: ${what}`, () => {
    strictEqual(accepts(filterFor("192.0.2.9", 65535), datagramFrom(address, port)), expected);
  });
}
