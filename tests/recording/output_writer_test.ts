import assert from "node:assert/strict";

import { OsError } from "../../mod/os/libc.ts";
import { type Output, OutputWriter } from "../../mod/recording/output_writer.ts";
import type { RecordingOptions, SinkRequest } from "../../mod/recording/recording.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { bytesFrom, Recorded, write } from "./recorded.ts";

/** A recording to an output that accepts at most `most` bytes at a time, once the test allows it. */
function recordTo(
  options: { readonly most?: number; readonly fail?: OsError } = {},
  more: Partial<RecordingOptions> = {},
) {
  const got: number[] = [];
  const gate = Promise.withResolvers<void>();
  const output: Output = {
    async write(bytes) {
      await gate.promise;
      if (options.fail !== undefined) throw options.fail;
      const taken = bytes.subarray(0, options.most ?? bytes.length);
      got.push(...taken);
      return taken.length;
    },
  };
  const request: SinkRequest = { kind: "stdout", startWriter: (parts) => new OutputWriter(output, parts) };
  return { got, open: () => gate.resolve(), recorded: new Recorded(request, more) };
}

Deno.test("OutputWriter writes all payload in order if the output accepts only a few bytes at a time", async () => {
  const { got, open, recorded: { recording, tapped } } = recordTo({ most: 7 });
  open();
  write(recording, bytesFrom(0, 100));
  write(recording, bytesFrom(100, 100));
  await recording.close(DEADLINE_MS);
  assert.deepEqual([got, tapped, recording.writtenBytes], [[...bytesFrom(0, 200)], [[...bytesFrom(0, 200)]], 200]);
  assert.deepEqual([recording.failure, recording.unsafe, recording.dropped], [null, null, []]);
});

Deno.test("Recording drops what exceeds its memory while an output accepts nothing, and reports the gap", async () => {
  const { got, open, recorded: { recording } } = recordTo({}, { limitBytes: 10 });
  write(recording, bytesFrom(0, 8));
  write(recording, bytesFrom(8, 4));
  open();
  await recording.close(DEADLINE_MS);
  assert.deepEqual(got, [...bytesFrom(0, 8)]);
  assert.deepEqual(recording.dropped.map(({ offset, bytes }) => [offset, bytes]), [[8, 4]]);
});

for (
  const [errno, text, hint] of [
    [9, "Bad file descriptor", "open stdout for writing, for example with > FILE"],
    [28, "No space left on device", "make room on the disk of the file to which stdout goes"],
  ] as const
) {
  Deno.test(`Recording has a hint about stdout if the output fails with ${text}`, async () => {
    const { open, recorded: { recording } } = recordTo({ fail: new OsError("cannot write to stdout", errno, text) });
    write(recording, bytesFrom(0, 8));
    open();
    await recording.close(DEADLINE_MS);
    assert.equal(recording.failure?.hint, hint);
  });
}

for (
  const [errno, text, reason, message] of [
    [32, "Broken pipe", "output-closed", "the program that reads stdout has closed it"],
    [28, "No space left on device", "disk-full", "cannot write to stdout: no space left on device"],
    [5, "Input/output error", "write-failed", /\(cannot write to stdout: input\/output error\)$/],
  ] as const
) {
  Deno.test(`Recording ends as ${reason} if the output fails with ${text}`, async () => {
    const { open, recorded: { recording, events } } = recordTo({
      fail: new OsError("cannot write to stdout", errno, text),
    });
    write(recording, bytesFrom(0, 8));
    open();
    await recording.close(DEADLINE_MS);
    assert.equal(recording.failure?.reason, reason);
    if (typeof message === "string") assert.equal(recording.failure.message, message);
    else assert.match(recording.failure.message, message);
    assert.deepEqual(events.map(({ kind }) => kind), ["failed"]);
  });
}

Deno.test("Recording.close describes what is not written to an output that accepts nothing", async () => {
  const { recorded: { recording } } = recordTo();
  write(recording, bytesFrom(0, 8));
  await recording.close(50);
  assert.match(
    recording.unsafe ?? "",
    /^8 B are not written: the program that reads stdout is too slow, .* waited for /,
  );
});
