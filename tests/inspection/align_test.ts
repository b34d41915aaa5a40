/** Tests of mod/inspection/align.ts, with parts of streams that a test builds. */
import assert from "node:assert/strict";
import { alignRecordings } from "../../mod/inspection/align.ts";
import type { FinalSidecar } from "../../mod/vocabulary/sidecar.ts";
import { placeRecording } from "../support/recordings.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { MadeStream, PACKET, VIDEO_PID } from "../ts/made_stream.ts";

const NOON = Date.parse("2026-05-04T12:00:00.000Z");
/** Length of one second of a {@linkcode MadeStream}: 25 times two packets with tables and three others. */
const SECOND_BYTES = 125 * PACKET;

/** `seconds` of a stream; streams with another `content` have the same PCRs. */
function streamOf({ seconds, fromMs = 0, content = 0 }: {
  readonly seconds: number;
  readonly fromMs?: number;
  readonly content?: number;
}): Uint8Array<ArrayBuffer> {
  const stream = new MadeStream();
  for (let second = 0; second < seconds; second += 1) stream.second(fromMs + second * 1000);
  const bytes = stream.bytes();
  for (let at = 0; at < bytes.length; at += PACKET) {
    const pid = ((bytes[at + 1] ?? 0) & 0x1f) << 8 | (bytes[at + 2] ?? 0);
    if (pid === VIDEO_PID) bytes[at + PACKET - 1] = content;
  }
  return bytes;
}

/** Writes a recording whose first packet arrived `ms` after noon; null: at an unknown time. */
function recorded(
  folder: TemporaryFolder,
  name: string,
  { bytes, ms, changes = {} }: {
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly ms: number | null;
    readonly changes?: Partial<Record<keyof FinalSidecar, unknown>>;
  },
): string {
  const firstPacket = { time: ms === null ? null : new Date(NOON + ms).toISOString(), pcr: null };
  const path = placeRecording(folder.file(name), { changes: { firstPacket, first: name, ...changes } });
  Deno.writeFileSync(path, bytes);
  return path;
}

/** For each file after the first one: how its offset was found, the offset, the one by PCR, and the one by wall clock. */
function offsets(files: readonly string[]) {
  return alignRecordings(files).slice(1).map((found) => [
    found.by,
    found.offsetMs,
    found.pcrOffsetMs,
    found.wallClockOffsetMs,
  ]);
}

Deno.test("recordings of one stream are aligned by PCR, whichever begins first, even if packets were lost", () => {
  using folder = new TemporaryFolder();
  const bytes = streamOf({ seconds: 6 });
  const early = recorded(folder, "a.ts", { bytes, ms: 0 });
  const late = recorded(folder, "b.ts", { bytes: bytes.slice(2 * SECOND_BYTES), ms: 2150 });
  const lossy = new Uint8Array([...bytes.slice(SECOND_BYTES, 2 * SECOND_BYTES), ...bytes.slice(3 * SECOND_BYTES)]);
  const gap = recorded(folder, "c.ts", { bytes: lossy, ms: 950 });
  assert.deepEqual(offsets([early, late, gap]), [["pcr", 2000, 2000, 2150], ["pcr", 1000, 1000, 950]]);
  assert.deepEqual(offsets([late, early, gap]), [["pcr", -2000, -2000, -2150], ["pcr", -1000, -1000, -1200]]);
});

Deno.test("recordings of one stream are aligned over the wrap of the PCR", () => {
  using folder = new TemporaryFolder();
  const bytes = streamOf({ seconds: 4, fromMs: 2 ** 33 / 90 - 1000 });
  const first = recorded(folder, "a.ts", { bytes, ms: 0 });
  const last = recorded(folder, "b.ts", { bytes: bytes.slice(3 * SECOND_BYTES), ms: 3000 });
  const [[by, offsetMs] = []] = offsets([first, last]);
  assert.equal(by, "pcr");
  assert.ok(Math.abs(Number(offsetMs) - 3000) < 0.1, `${offsetMs} ms`);
});

for (
  const [what, change] of [
    ["different streams with the same PCRs", { content: 1 }],
    ["streams that do not overlap", { fromMs: 60_000 }],
  ] as const
) {
  Deno.test(`recordings of ${what} are aligned by wall clock`, () => {
    using folder = new TemporaryFolder();
    const first = recorded(folder, "a.ts", { bytes: streamOf({ seconds: 3 }), ms: 0 });
    const other = recorded(folder, "b.ts", { bytes: streamOf({ seconds: 3, ...change }), ms: 1234 });
    assert.deepEqual(offsets([first, other]), [["wall-clock", 1234, null, 1234]]);
  });
}

Deno.test("a stream that is sent again is aligned by wall clock, and its offset by PCR is in the result", () => {
  using folder = new TemporaryFolder();
  const bytes = streamOf({ seconds: 3 });
  const files = [0, 15_000].map((ms) => recorded(folder, `${ms}.ts`, { bytes, ms }));
  assert.deepEqual(offsets(files), [["wall-clock", 15_000, 0, 15_000]]);
});

Deno.test("recordings of a short loop are aligned by wall clock unless both offsets agree", () => {
  using folder = new TemporaryFolder();
  const once = streamOf({ seconds: 4 });
  const bytes = new Uint8Array([...once, ...once, ...once]);
  const first = recorded(folder, "a.ts", { bytes, ms: 0 });
  const [next, soon] = [5000, 1100].map((ms) => recorded(folder, `${ms}.ts`, { bytes: bytes.slice(SECOND_BYTES), ms }));
  assert.deepEqual(offsets([first, next ?? "", soon ?? ""]), [
    ["wall-clock", 5000, 1000, 5000],
    ["pcr", 1000, 1000, 1100],
  ]);
  const interrupted = recorded(folder, "b.ts", { bytes, ms: null });
  assert.throws(() => alignRecordings([first, interrupted]), /packets with a PCR are repeated, as in a loop$/);
});

Deno.test("files of one session are aligned by wall clock, even if its stream is a loop", () => {
  using folder = new TemporaryFolder();
  const bytes = streamOf({ seconds: 3 });
  const first = recorded(folder, "a.ts", { bytes, ms: 0 });
  const next = recorded(folder, "b.ts", { bytes, ms: 3000, changes: { first: "a.ts" } });
  assert.deepEqual(offsets([first, next]), [["wall-clock", 3000, null, 3000]]);
});

Deno.test("the PCR is not used if it jumps before the part that both recordings have", () => {
  using folder = new TemporaryFolder();
  const bytes = new MadeStream().second(0).second(90_000).second(91_000).bytes();
  const first = recorded(folder, "a.ts", { bytes, ms: 0 });
  const last = recorded(folder, "b.ts", { bytes: bytes.slice(SECOND_BYTES), ms: 1000 });
  assert.deepEqual(offsets([first, last]), [["wall-clock", 1000, null, 1000]]);
});

Deno.test("payload without a PCR is aligned by wall clock", () => {
  using folder = new TemporaryFolder();
  const files = [0, 500].map((ms) => recorded(folder, `${ms}.ts`, { bytes: new Uint8Array(1000), ms }));
  assert.deepEqual(offsets(files), [["wall-clock", 500, null, 500]]);
});

Deno.test("a step of the clock during a session changes offsets to other sessions, but not between files of that session", () => {
  using folder = new TemporaryFolder();
  const bytes = new Uint8Array(1000);
  const clockSteps = [{ timeMs: 100, stepMs: 3_600_000 }, { timeMs: 200, stepMs: -1000 }];
  const right = recorded(folder, "a.ts", { bytes, ms: 3_600_000 });
  const [first, next] = [
    recorded(folder, "b.ts", { bytes, ms: 0 }),
    recorded(folder, "c.ts", { bytes, ms: 5000, changes: { clockSteps, first: "b.ts" } }),
  ];
  assert.deepEqual(offsets([right, next]), [["wall-clock", 4000, null, 4000]]);
  assert.deepEqual(offsets([first, next]), [["wall-clock", 5000, null, 5000]]);
});

Deno.test("an interrupted recording is aligned by PCR only", () => {
  using folder = new TemporaryFolder();
  const bytes = streamOf({ seconds: 3 });
  const first = recorded(folder, "a.ts", { bytes, ms: 0 });
  const same = recorded(folder, "b.ts", { bytes: bytes.slice(SECOND_BYTES), ms: null });
  const other = recorded(folder, "c.ts", { bytes: streamOf({ seconds: 3, content: 1 }), ms: null });
  assert.deepEqual(offsets([first, same]), [["pcr", 1000, 1000, null]]);
  assert.throws(
    () => alignRecordings([first, other]),
    /^AlignError: cannot align ".*c\.ts": the time .* of ".*c\.ts" is not/,
  );
  assert.throws(
    () => alignRecordings([other, first]),
    /^AlignError: cannot align ".*a\.ts": the time .* of ".*c\.ts" is not/,
  );
});

for (
  const [what, change, message] of [
    ["without a sidecar", (path) => Deno.removeSync(`${path}.json`), /: it has no sidecar$/],
    [
      "with a sidecar that is cut off",
      (path) => Deno.truncateSync(`${path}.json`, 20),
      /b\.ts\.json is not a sidecar$/,
    ],
    [
      "with a sidecar that contains other JSON",
      (path) => Deno.writeTextFileSync(`${path}.json`, "null"),
      /b\.ts\.json is not a sidecar$/,
    ],
    [
      "with a sidecar of schema 2",
      (path) => void placeRecording(path, { changes: { schema: 2 } }),
      /: its sidecar has schema 2, without/,
    ],
    [
      "that is still being recorded",
      (path) => void placeRecording(path, { changes: { state: "recording" } }),
      /: it is still being recorded, or was interrupted$/,
    ],
    [
      "with a damaged sidecar",
      (path) => void placeRecording(path, { changes: { firstPacket: { time: 7 } } }),
      /b\.ts\.json is damaged$/,
    ],
    [
      "with a clock step that is too large for a date",
      (path) => void placeRecording(path, { changes: { clockSteps: [{ timeMs: 0, stepMs: 1e300 }] } }),
      /b\.ts\.json is damaged$/,
    ],
    [
      "that does not exist",
      (path) => Deno.removeSync(path),
      /^AlignError: cannot read ".*b\.ts": there is no such file$/,
    ],
  ] as readonly (readonly [string, (path: string) => void, RegExp])[]
) {
  Deno.test(`a recording ${what} is an error`, () => {
    using folder = new TemporaryFolder();
    const files = ["a.ts", "b.ts"].map((name) => recorded(folder, name, { bytes: new Uint8Array(4), ms: 0 }));
    change(files[1] ?? "");
    assert.throws(() => alignRecordings(files), message);
  });
}
