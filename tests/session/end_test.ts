import assert from "node:assert/strict";

import { SinkError } from "../../mod/recording/sink_error.ts";
import { FULL, MOVED, orderedEnd, REPLACED, withRecording } from "../../mod/session/end.ts";
import { isCleanEnd } from "../../mod/vocabulary/values.ts";

const COMPLETE = { kind: "file", failure: null, gone: null, unsafe: null, dropped: [] } as const;
const FAILURE = new SinkError("cannot write to cam1.ts: no space left on device", {
  reason: "disk-full",
  hint: "make room",
});

for (
  const [order, reason, isClean] of [
    [undefined, "stopped", true],
    [REPLACED, "replaced", true],
    [MOVED, "moved", true],
    [FULL, "disk-full", false],
  ] as const
) {
  Deno.test(`a session that ends after the order "${order ?? "stop"}" has the reason ${reason}`, () => {
    const end = withRecording(orderedEnd(order), COMPLETE);
    assert.deepEqual([end.reason, isCleanEnd(end.reason)], [reason, isClean]);
  });
}

for (const order of [undefined, FULL]) {
  Deno.test(`the end after the order "${order ?? "stop"}" has the error of a recording that fails after the order`, () => {
    const { reason, text, advice } = withRecording(orderedEnd(order), { ...COMPLETE, failure: FAILURE });
    assert.deepEqual([reason, text, advice], ["disk-full", FAILURE.message, FAILURE.hint]);
  });
}
