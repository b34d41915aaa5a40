import assert from "node:assert/strict";

import { ORDER_FULL, ORDER_MOVED, ORDER_REPLACE } from "../../mod/handoff/contract.ts";
import { SinkError } from "../../mod/recording/sink_error.ts";
import { keyLostEnd, orderedEnd, outputsEnd, stuckEnd, withRecording } from "../../mod/session/end.ts";
import { isCleanEnd } from "../../mod/vocabulary/values.ts";
import { completeReport } from "../support/output_report.ts";

const COMPLETE = { kind: "file", failure: null, gone: null, unsafe: null, dropped: [] } as const;
const FAILURE = new SinkError("cannot write to cam1.ts: no space left on device", {
  reason: "disk-full",
  hint: "make room",
});

for (
  const [order, reason, isClean] of [
    [undefined, "stopped", true],
    [ORDER_REPLACE, "replaced", true],
    [ORDER_MOVED, "moved", true],
    [ORDER_FULL, "disk-full", false],
  ] as const
) {
  Deno.test(`a session that ends after the order "${order ?? "stop"}" has the reason ${reason}`, () => {
    const end = withRecording(orderedEnd(order, { call: null }), COMPLETE);
    assert.deepEqual([end.reason, isCleanEnd(end.reason)], [reason, isClean]);
  });
}

for (const order of [undefined, ORDER_FULL]) {
  Deno.test(`the end after the order "${order ?? "stop"}" has the error of a recording that fails after the order`, () => {
    const { reason, text, advice } = withRecording(orderedEnd(order, { call: null }), {
      ...COMPLETE,
      failure: FAILURE,
    });
    assert.deepEqual([reason, text, advice], ["disk-full", FAILURE.message, FAILURE.hint]);
  });
}

Deno.test("the ends of a session that called a listener do not mention a caller, and do not call this program a listener", () => {
  const call = { streamId: null, keyLength: 0 };
  const ends = [orderedEnd(undefined, { call }), keyLostEnd({ call }), stuckEnd({ call, srt: {} })];
  assert.deepEqual(ends.map(({ text }) => /caller|by the listener/.test(text)), [false, false, false]);
  assert.deepEqual(ends.map(({ text }) => text.split(/[:,] /)[0]), [
    "stopped by srt-splitter",
    "the listener changed its key",
    "payload arrives that libsrt does not deliver",
  ]);
  assert.match(keyLostEnd({ call }).advice, /^the listener is called again/);
});

Deno.test("the end of a session whose outputs have failed names each option to check once", () => {
  const failed = { ok: false, text: "no answer", droppedBytes: 1000 } as const;
  const forwards = ["srt://192.0.2.9:9000", "srt://192.0.2.9:9001"].map((name) => ({
    ...completeReport({ kind: "forward", name, bytes: 0 }),
    ...failed,
  }));
  const udp = { ...completeReport({ kind: "udp", name: "udp://192.0.2.9:5000", bytes: 0 }), ...failed };
  assert.strictEqual(
    outputsEnd(forwards).text,
    "srt://192.0.2.9:9000: no answer and did not get 1.0 kB; srt://192.0.2.9:9001: no answer and did not get 1.0 kB",
  );
  assert.strictEqual(outputsEnd(forwards).advice, "check the listener of --forward, or record too: --out DIR");
  assert.strictEqual(
    outputsEnd([udp, ...forwards]).advice,
    "check the target of --udp and the listener of --forward, or record too: --out DIR",
  );
});
