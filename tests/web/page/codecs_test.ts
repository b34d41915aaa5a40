import { deepStrictEqual } from "node:assert/strict";
import { playable } from "../../../mod/web/page/codecs.ts";
import type { TsHealth } from "../../../mod/vocabulary/ts_health.ts";

/** TS health of a program whose streams have the PIDs 256, 257, ... */
function health(...texts: readonly string[]): TsHealth {
  const streams = texts.map((text, index) => ({ pid: 256 + index, type: 0, text }));
  return { payload: "ts", format: null, services: [{ number: 1, pmtPid: 4096, streams }] } as unknown as TsHealth;
}

const everything = () => true;
const noHevc = (mimeType: string) => !mimeType.includes("hvc1");

for (
  const [title, ts, supports, expected] of [
    ["H.264 and AAC", health("H.264 video", "AAC audio"), everything, [true, true, "", null]],
    ["a stream that is not known", null, everything, [true, true, "", null]],
    ["H.265", health("H.265 video", "AAC audio"), noHevc, [
      false,
      true,
      "this browser cannot play H.265 video",
      [256],
    ]],
    ["MPEG-2 video with MPEG-1 audio", health("MPEG-2 video", "MPEG-1 audio"), everything, [
      false,
      false,
      "this browser cannot play MPEG-2 video and MPEG-1 audio",
      [256, 257],
    ]],
    ["a second sound track that can be played", health("H.264 video", "MPEG-1 audio", "AAC audio"), everything, [
      true,
      true,
      "",
      [257],
    ]],
    ["data beside video", health("H.264 video", "teletext"), everything, [true, false, "", null]],
  ] as const
) {
  Deno.test(`playable judges ${title}`, () => {
    const { video, audio, problem, hidden } = playable(ts, supports);
    deepStrictEqual([video, audio, problem, hidden?.pids ?? null], expected);
  });
}

Deno.test("playable names a payload that is not a transport stream", () => {
  const { problem, video } = playable({ payload: "other", format: "Matroska or WebM" } as TsHealth, everything);
  deepStrictEqual([problem, video], ["not TS, but Matroska or WebM", false]);
});
