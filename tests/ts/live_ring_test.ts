import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { LiveRing } from "../../mod/ts/live_ring.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { makePayload } from "../support/payload.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { makeTestStream } from "../support/test_stream.ts";

const CHUNK = 10_000;

async function testStream(): Promise<Uint8Array<ArrayBuffer>> {
  using folder = new TemporaryFolder();
  return await makeTestStream(folder.file("a.ts"), 4);
}

/** Adds a stream in chunks. `isAfterGap`: whether the first chunk follows a gap. */
function push(ring: LiveRing, stream: Uint8Array<ArrayBuffer>, isAfterGap: boolean): void {
  for (let at = 0; at < stream.length; at += CHUNK) {
    ring.push(stream.slice(at, at + CHUNK), isAfterGap && at === 0);
  }
}

function readFrom(ring: LiveRing, start: number): Promise<ArrayBuffer> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let position = start;
  for (let bytes = ring.read(position); bytes !== null && bytes !== "missed"; bytes = ring.read(position)) {
    parts.push(bytes);
    position += bytes.length;
  }
  return new Blob(parts).arrayBuffer();
}

Deno.test("LiveRing begins at the tables before the last random-access point, and keeps what a slower viewer needs", async () => {
  const stream = await testStream();
  const ring = new LiveRing(16_000_000);
  deepStrictEqual([ring.start, ring.read(0)], [null, null]);
  push(ring, stream, true);
  const start = ring.start ?? 0;
  deepStrictEqual([...stream.slice(start, start + 3)], [0x47, 0x40, 0]);
  strictEqual(start > stream.length / 2, true);
  assertSameBytes(new Uint8Array(await readFrom(ring, start)), stream.slice(start));
  strictEqual(ring.read(0), "missed");
  const earlier = start - CHUNK; // within the last but one group of pictures
  assertSameBytes(new Uint8Array(await readFrom(ring, earlier)), stream.slice(earlier));
});

Deno.test("LiveRing drops what it keeps at a gap, and begins at the next random-access point", async () => {
  const stream = await testStream();
  const ring = new LiveRing(16_000_000);
  push(ring, stream, true);
  const start = ring.start ?? 0;
  ring.push(stream.slice(1000, 1500), true);
  deepStrictEqual([ring.start, ring.read(start)], [null, "missed"]);
  push(ring, stream, true);
  strictEqual(ring.start, stream.length + 500 + start);
});

Deno.test("LiveRing keeps no more than its limit, and begins at its oldest payload if the last PAT was dropped", async () => {
  const stream = await testStream();
  const first = stream.slice(0, 3 * 188); // tables without a picture
  const ring = new LiveRing(100_000);
  ring.push(first, true);
  for (let count = 0; count < 60; count += 1) ring.push(makePayload(1), false);
  strictEqual(ring.start, null);
  for (let count = 0; count < 60; count += 1) ring.push(makePayload(1), false);
  strictEqual(ring.read(0), "missed");
  strictEqual(ring.start !== null, true);
  strictEqual((await readFrom(ring, ring.start ?? 0)).byteLength <= 100_000 + 1316, true);
});
