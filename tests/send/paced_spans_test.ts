import assert from "node:assert/strict";

import { NoClockError, pacedByPcr, pacedByRate, type Span } from "../../mod/send/paced_spans.ts";
import { readPcr } from "../../mod/send/pcr.ts";
import { WRAP_TICKS } from "../../mod/ts/stream_clock.ts";

const MS = 27_000;

/** A TS packet, with a PCR if `ticks` is given. */
function packet({ pid = 0x100, ticks, jumps = false }: { pid?: number; ticks?: number; jumps?: boolean } = {}) {
  const bytes = new Uint8Array(188).fill(0xff);
  bytes.set([0x47, pid >> 8, pid & 0xff, ticks === undefined ? 0x10 : 0x30]);
  if (ticks === undefined) return bytes;
  const base = Math.floor(ticks / 300);
  const extension = ticks % 300;
  bytes.set([
    ...[7, 0x10 | (jumps ? 0x80 : 0), Math.floor(base / 2 ** 25) & 0xff, (base >> 17) & 0xff, (base >> 9) & 0xff],
    ...[(base >> 1) & 0xff, ((base & 1) << 7) | 0x7e | (extension >> 8), extension & 0xff],
  ], 4);
  return bytes;
}

/** Packets joined and cut into blocks of `size`. */
async function* blocks(packets: readonly Uint8Array[], size: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  await Promise.resolve();
  const all = join(packets);
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

async function spansOf(packets: readonly Uint8Array[], size = 500): Promise<readonly Span[]> {
  return await Array.fromAsync(pacedByPcr(blocks(packets, size)));
}

function timesOf(spans: readonly Span[]): readonly (readonly [packets: number, ms: number])[] {
  return spans.map(({ bytes, durationMs }) => [bytes.length / 188, Math.round(durationMs * 1000) / 1000]);
}

const at = (ms: number, more: { pid?: number; jumps?: boolean } = {}) => packet({ ticks: ms * MS, ...more });
const plain = packet();

const CASES: readonly (readonly [string, readonly Uint8Array[], readonly (readonly [number, number])[]])[] = [
  ["bytes between two PCRs take the time between them", [at(0), plain, at(40)], [[2, 40], [1, 20]]],
  ["what comes before the first PCR is sent at the first rate", [plain, at(5), plain, at(45)], [[1, 20], [2, 40], [
    1,
    20,
  ]]],
  ["the rate may change", [at(0), at(10), at(40)], [[1, 10], [1, 30], [1, 30]]],
  ["PCRs of other PIDs do not count", [at(0), at(999, { pid: 0x200 }), at(40)], [[2, 40], [1, 20]]],
  ["the clock wraps", [packet({ ticks: WRAP_TICKS - 10 * MS }), at(10)], [[1, 20], [1, 20]]],
  ["a jump back continues at the last rate", [at(100), at(120), at(0), at(30)], [[1, 20], [1, 20], [1, 30], [1, 30]]],
  ["a jump ahead continues at the last rate", [at(0), at(20), at(9000), at(9010)], [[1, 20], [1, 20], [1, 10], [
    1,
    10,
  ]]],
  ["a jump that is announced continues at the last rate", [at(0), at(20), at(50, { jumps: true })], [[1, 20], [1, 20], [
    1,
    20,
  ]]],
  ["a jump before any rate is known waits for the next interval", [at(9), at(0), at(20)], [[1, 20], [1, 20], [1, 20]]],
];

for (const [name, packets, expected] of CASES) {
  for (const size of [1, 188, 500, 100_000]) {
    Deno.test(`pacedByPcr: ${name}, in blocks of ${size}`, async () => {
      assert.deepStrictEqual(timesOf(await spansOf(packets, size)), expected);
    });
  }
}

Deno.test("pacedByPcr yields every byte in order, including those between packets", async () => {
  const packets = [new Uint8Array([1, 2, 3]), at(0), new Uint8Array([9]), plain, at(40), new Uint8Array([4, 5])];
  const spans = await spansOf(packets, 100);
  assert.deepStrictEqual(join(spans.map(({ bytes }) => bytes)), join(packets));
});

for (
  const [what, packets] of [
    ["without a PCR", [plain, plain]],
    ["with one PCR only", [at(1), plain]],
    ["that is not a transport stream", [new Uint8Array(1000)]],
  ] as const
) {
  Deno.test(`pacedByPcr refuses a stream ${what}`, async () => {
    await assert.rejects(spansOf(packets), NoClockError);
  });
}

Deno.test("pacedByPcr stops reading after 16 MiB without a clock", async () => {
  let read = 0;
  async function* endless(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    await Promise.resolve();
    for (;;) {
      read += 2 ** 20;
      yield new Uint8Array(2 ** 20);
    }
  }
  await assert.rejects(Array.fromAsync(pacedByPcr(endless())), NoClockError);
  assert.strictEqual(read, 16 * 2 ** 20);
});

Deno.test("pacedByRate paces bytes that are not a transport stream", async () => {
  const spans = await Array.fromAsync(pacedByRate(blocks([new Uint8Array(1500)], 1000), 8000));
  assert.deepStrictEqual(spans.map(({ durationMs }) => durationMs), [1000, 500]);
});

Deno.test("readPcr reads a PCR written by ffmpeg 5.1", () => {
  // head of the first packet with a PCR of: ffmpeg -f lavfi -i testsrc2 -c:v mpeg2video -f mpegts
  const head = [0x47, 0x41, 0x00, 0x30, 0x07, 0x50, 0x00, 0x00, 0x7b, 0x0c, 0x7e, 0x00];
  const bytes = new Uint8Array(188);
  bytes.set(head);
  assert.deepStrictEqual(readPcr(bytes, 0), { pid: 0x100, ticks: 63_000 * 300, jumps: false });
});

Deno.test("readPcr returns null for a damaged packet", () => {
  const bytes = packet({ ticks: 1 });
  bytes[1] = 0x81;
  assert.strictEqual(readPcr(bytes, 0), null);
});
