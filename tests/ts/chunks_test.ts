import assert from "node:assert/strict";

import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";
import { AUDIO_PID, framed, type Framing, FRAMINGS, MadeStream, VIDEO_PID } from "./made_stream.ts";
import { numbersOf } from "./numbers.ts";

/** A few seconds of a stream with several kinds of damage, at random positions. */
function damagedStream(next: (below: number) => number): Uint8Array<ArrayBuffer> {
  const framing = FRAMINGS[next(FRAMINGS.length)] as Framing;
  const stream = new MadeStream().second(0).packet(AUDIO_PID, { change: (packet) => packet[1] = 0x80 }).second(1000);
  for (let count = 0; count < 10; count += 1) stream.packet(VIDEO_PID, { pcrMs: 2000 + count * 90 });
  const healthy = framed(stream.second(3000).bytes(), framing);
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < healthy.length) {
    const length = 1 + next(9000);
    const part = healthy.slice(at, at + length);
    at += length;
    const kind = next(5);
    if (kind === 0) part[next(part.length)] = next(256);
    if (kind === 1) parts.push(new Uint8Array(next(700)).map(() => next(4) === 0 ? 0x47 : next(256)));
    if (kind === 2) at += next(400);
    parts.push(part);
  }
  return Uint8Array.of(...parts.flatMap((part) => [...part]));
}

/** Returns the report about `bytes`, pushed in chunks of random sizes below `longest`. */
function reportInChunks(bytes: Uint8Array, longest: number, next: (below: number) => number) {
  const analyzer = new TsAnalyzer();
  const buffer = new Uint8Array(longest); // one buffer for all chunks, as in a session: no chunk may be kept
  for (let at = 0; at < bytes.length;) {
    const chunk = bytes.subarray(at, at + next(longest));
    buffer.fill(0x47);
    buffer.set(chunk);
    analyzer.push(buffer.subarray(0, chunk.length));
    at += chunk.length;
  }
  return analyzer.report();
}

for (let seed = 1; seed <= 40; seed += 1) {
  Deno.test(`TsAnalyzer reports the same for a damaged stream in chunks of any size (seed ${seed})`, () => {
    const next = numbersOf(seed);
    const bytes = damagedStream(next);
    const whole = new TsAnalyzer();
    whole.push(bytes);
    const expected = whole.report();
    assert.notEqual(expected.errors, 0, "the stream is not damaged");
    for (const longest of [2, 188, 189, 1317, 5000, 262_144]) {
      assert.deepEqual(reportInChunks(bytes, longest, next), expected, `chunks below ${longest} bytes`);
    }
  });
}

Deno.test("TsAnalyzer counts every byte of random data", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const next = numbersOf(seed);
    const bytes = new Uint8Array(20_000).map(() => next(3) === 0 ? 0x47 : next(256));
    assert.equal(reportInChunks(bytes, 3000, next).bytes, bytes.length, `seed ${seed}`);
  }
});
