import assert from "node:assert/strict";

import { NullSink, type Sink, SinkError } from "../../mod/recording/sink.ts";
import { TappedSink } from "../../mod/recording/tapped_sink.ts";

Deno.test("TappedSink shows every tap what was kept", () => {
  const seen: number[][] = [[], []];
  const sink = new TappedSink(new NullSink(), seen.map((bytes) => (payload) => bytes.push(...payload)));
  sink.write(new Uint8Array([1, 2]));
  sink.write(new Uint8Array([3]));
  assert.deepEqual([seen, sink.bytes], [[[1, 2, 3], [1, 2, 3]], 3]);
});

Deno.test("TappedSink shows only what was kept of a write that failed", () => {
  const full: Sink = {
    file: null,
    bytes: 0,
    write: function (this: { bytes: number }) {
      this.bytes += 2;
      throw new SinkError("cannot write", "disk-full");
    },
    gone: () => null,
    close: () => Promise.resolve(),
  };
  const seen: number[] = [];
  const sink = new TappedSink(full, [(payload) => seen.push(...payload)]);
  assert.throws(() => sink.write(new Uint8Array([1, 2, 3])), SinkError);
  assert.deepEqual(seen, [1, 2]);
});
