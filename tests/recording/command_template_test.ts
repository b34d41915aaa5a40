import assert from "node:assert/strict";

import { formatCommand } from "../../mod/recording/command_template.ts";

/** The arguments of `x {stream}.mp4 {id.h}` for this stream name. */
function argumentsFor(stream: string): readonly string[] {
  const template = [["x"], [{ field: "stream" }, ".mp4"], [{ field: "id.h" }]];
  return formatCommand(template, { values: { stream, "id.h": stream }, utc: true, startMs: 0, segment: 1 });
}

for (
  const [stream, safe] of [
    ["cam1", "cam1"],
    ["$(touch x)", "touch_x"],
    ["`id`; rm -rf /", "id_rm_-rf"],
    ["--output=/etc/passwd", "output=_etc_passwd"],
    ["a\nb\0c", "a_b_c"],
    ["../../x", "x"],
    [`"'`, null],
    ["", null],
  ] as const
) {
  Deno.test(`formatCommand keeps ${JSON.stringify(stream)} in one safe argument`, () => {
    const [name, key] = safe === null ? ["stream", "no-h"] : [safe, safe];
    assert.deepEqual(argumentsFor(stream), ["x", `${name}.mp4`, key]);
  });
}

Deno.test("formatCommand fills in the date, the time and how often the command was started", () => {
  const template = [["x"], [{ field: "date" }, "_", { field: "time" }, "_", { field: "segment" }]];
  const naming = { values: {}, utc: true, startMs: Date.UTC(2026, 0, 2, 3, 4, 5), segment: 2 };
  assert.deepEqual(formatCommand(template, naming), ["x", "2026-01-02_03-04-05_0002"]);
});
