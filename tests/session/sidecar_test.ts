/** Tests of mod/session/sidecar.ts: the sidecars of a session, with real files and without a recording. */
import assert from "node:assert/strict";

import type { Dropped } from "../../mod/recording/recording.ts";
import { withFolderLock } from "../../mod/os/folder_lock.ts";
import { LossMap } from "../../mod/recording/loss_map.ts";
import { Sidecars } from "../../mod/session/sidecar.ts";
import type { PayloadAnalysis } from "../../mod/session/payload_analysis.ts";
import type { FinalSidecar } from "../../mod/vocabulary/sidecar.ts";
import { namesOf } from "../recording/names_of.ts";
import { END, START } from "../report/events_of_a_run.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { waitUntil } from "../support/processes.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { NO_ANALYSIS } from "./no_analysis.ts";

/** When the session began, on its clock. */
const BEGIN_MS = 5000;

const CLOCKS = { now: () => 0, wallTime: (ms: number) => new Date(ms).toISOString() };

/** The sidecars of a session that records into `folder`, and what it warned of. */
function sidecarsIn(
  folder: string,
  { unsafe = null, dropped = [], losses = null, checksum = null }: {
    readonly unsafe?: string | null;
    readonly dropped?: readonly Dropped[];
    readonly losses?: LossMap | null;
    readonly checksum?: string | null;
  } = {},
) {
  const clock = { nowMs: BEGIN_MS };
  const warnings: string[] = [];
  const analysis: PayloadAnalysis = {
    ...NO_ANALYSIS,
    losses,
    cut: (offset) => ({
      ...NO_ANALYSIS.cut(offset),
      losses: losses?.cut(offset) ?? null,
      checksum: checksum === null ? null : { algorithm: "sha256", value: checksum },
    }),
  };
  const sidecars = new Sidecars({
    sink: {
      kind: "file",
      directory: folder,
      names: namesOf("cam1"),
      sidecar: true,
      checksum: null,
      timeZone: "Europe/Berlin",
      segments: null,
      rejoin: null,
    },
    start: { ...START, time: "2026-05-04T14:03:07.000Z" },
    startMs: BEGIN_MS,
    now: () => clock.nowMs,
    analysis,
    recording: { dropped, unsafe },
    clockSteps: () => [],
    warn: (text) => warnings.push(text),
  });
  return { sidecars, warnings, clock };
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

function read(path: string): FinalSidecar {
  return JSON.parse(Deno.readTextFileSync(path));
}

/** The end of a session with these files. */
function endWith(files: readonly string[], bytes = 7) {
  return { ...END, time: "2026-05-04T14:04:07.000Z", durationMs: 60_000, bytes, file: files.at(-1) ?? null, files };
}

Deno.test("a sidecar that cannot be created is reported at once, and tried again when the recording ends", async () => {
  using folder = new TemporaryFolder();
  const { sidecars, warnings } = sidecarsIn(folder.path);
  Deno.writeTextFileSync(folder.file("cam1.ts.json.part"), "precious");
  const file = folder.file("cam1.ts");
  sidecars.handle({ kind: "opened", file });
  await sidecars.finish(endWith([file]), DEADLINE_MS);
  assert.match(
    warnings[0] ?? "",
    /^cannot write .*cam1\.ts\.json: .*; the recording continues, and the sidecar is tried again when it ends/,
  );
  assert.match(warnings[1] ?? "", /^cannot complete .*; the recording is not affected, and has no sidecar$/);
  assert.deepEqual(folder.names(), ["cam1.ts.json.part"]);
});

Deno.test("a sidecar that cannot be completed is reported with the command that completes it", async () => {
  using folder = new TemporaryFolder();
  const { sidecars, warnings } = sidecarsIn(folder.path);
  const file = folder.file("cam1.ts");
  sidecars.handle({ kind: "opened", file });
  await waitUntil("the sidecar", () => sizeOf(`${file}.json`) > 0 && sizeOf(`${file}.json.part`) >= 16_384);
  Deno.removeSync(`${file}.json`);
  Deno.mkdirSync(`${file}.json/occupied`, { recursive: true });
  await sidecars.finish(endWith([file]), DEADLINE_MS);
  assert.match(warnings[0] ?? "", /^cannot complete .*cam1\.ts\.json: /);
  assert.match(
    warnings[0] ?? "",
    new RegExp(`\ncomplete it later: srt-splitter recover ${folder.path}$`),
  );
});

Deno.test("the sidecar of a recording that does not exist is removed", async () => {
  using folder = new TemporaryFolder();
  const { sidecars, warnings } = sidecarsIn(folder.path);
  sidecars.handle({ kind: "opened", file: folder.file("cam1.ts") });
  await sidecars.finish(endWith([]), DEADLINE_MS);
  assert.deepEqual([warnings, folder.names()], [[], []]);
});

Deno.test("the sidecar of a recording that may not be on the disk is left for recover", async () => {
  using folder = new TemporaryFolder();
  const { sidecars, warnings } = sidecarsIn(folder.path, { unsafe: "the disk has not answered for 5 s" });
  const file = folder.file("cam1.ts");
  sidecars.handle({ kind: "opened", file });
  await waitUntil("the sidecar", () => sizeOf(`${file}.json`) > 0 && sizeOf(`${file}.json.part`) >= 16_384);
  await sidecars.finish(endWith([file]), DEADLINE_MS);
  assert.match(warnings.join("\n"), /^\/.*cam1\.ts\.json is incomplete: .*\n.*: srt-splitter recover /);
});

Deno.test("a file that was deleted before the next one was opened has no sidecar, and its gaps are not in the next sidecar", async () => {
  using folder = new TemporaryFolder();
  const losses = new LossMap(1, CLOCKS);
  const { sidecars, warnings } = sidecarsIn(folder.path, { losses });
  const [first, second] = [folder.file("a.ts"), folder.file("b.ts")] as const;
  sidecars.handle({ kind: "opened", file: first });
  await waitUntil("the sidecar", () => sizeOf(`${first}.json`) > 0);
  losses.take(3, 100, 0); // a gap in the first file
  sidecars.handle({
    kind: "next-file",
    file: second,
    previous: first,
    previousBytes: 1000,
    isPreviousGone: true,
    cause: "segment",
    text: "",
  });
  await sidecars.finish(endWith([second], 1700), DEADLINE_MS);
  assert.deepEqual([warnings, folder.names()], [[], ["b.ts.json"]]);
  const { bytes, losses: left } = read(`${second}.json`);
  assert.deepEqual([bytes, left?.gaps], [700, []]);
});

Deno.test("the sidecars of a recording of several files are chained, each with its own bytes, times and gaps", async () => {
  using folder = new TemporaryFolder();
  const losses = new LossMap(1, CLOCKS);
  const dropped = [{ offset: 1200, bytes: 500, sinceMs: BEGIN_MS + 25_000, untilMs: BEGIN_MS + 26_000 }];
  const { sidecars, warnings, clock } = sidecarsIn(folder.path, { losses, dropped });
  const [first, second] = [folder.file("a.ts"), folder.file("b.ts")] as const;
  sidecars.handle({ kind: "opened", file: first });
  losses.take(3, 100, 0);
  losses.take(5, 1100, 0);
  clock.nowMs += 20_000;
  const text = "full";
  sidecars.handle({
    kind: "next-file",
    file: second,
    previous: first,
    previousBytes: 1000,
    isPreviousGone: false,
    cause: "size-limit",
    text,
  });
  await sidecars.finish(endWith([first, second], 1700), DEADLINE_MS);
  assert.deepEqual(warnings, []);
  const [a, b] = [read(`${first}.json`), read(`${second}.json`)];
  assert.deepEqual([a.previous, a.next, a.reason, a.text, a.bytes, a.statistics], [
    null,
    "b.ts",
    "continued",
    "full",
    1000,
    null,
  ]);
  assert.deepEqual([b.previous, b.next, b.reason, b.bytes], ["a.ts", null, END.reason, 700]);
  assert.deepEqual([a, b].map(({ start, end, durationMs }) => [start, end, durationMs]), [
    ["2026-05-04T14:03:07.000Z", "2026-05-04T14:03:27.000Z", 20_000],
    ["2026-05-04T14:03:27.000Z", "2026-05-04T14:04:07.000Z", 40_000],
  ]);
  assert.deepEqual([a, b].map(({ losses }) => losses?.gaps.map(({ offset, packets }) => [offset, packets])), [
    [[100, 2]],
    [[100, 1]],
  ]);
  assert.deepEqual([a.diskGaps, b.diskGaps], [[], [{ timeMs: 25_000, durationMs: 1000, offset: 200, bytes: 500 }]]);
  assert.deepEqual([a, b].map(({ segment, first, timeZone }) => [segment, first, timeZone]), [
    [1, "a.ts", "Europe/Berlin"],
    [2, "a.ts", "Europe/Berlin"],
  ]);
  assert.deepEqual(folder.names(), ["a.ts.json", "b.ts.json"]);
});

Deno.test("no sidecars are written with --no-sidecar", async () => {
  using folder = new TemporaryFolder();
  const sidecars = new Sidecars({
    sink: {
      kind: "file",
      directory: folder.path,
      names: namesOf("cam1"),
      sidecar: false,
      checksum: null,
      timeZone: null,
      segments: null,
      rejoin: null,
    },
    start: START,
    startMs: BEGIN_MS,
    now: () => BEGIN_MS,
    analysis: { ...NO_ANALYSIS, cut: () => assert.fail() },
    recording: { dropped: [], unsafe: null },
    clockSteps: () => [],
    warn: () => assert.fail(),
  });
  sidecars.handle({ kind: "opened", file: folder.file("cam1.ts") });
  await sidecars.finish(endWith([folder.file("cam1.ts")]), DEADLINE_MS);
  assert.deepEqual(folder.names(), []);
});

Deno.test("a manifest that cannot be changed in time is reported, and the sidecar is complete", async () => {
  using folder = new TemporaryFolder();
  const { sidecars, warnings } = sidecarsIn(folder.path, { checksum: "0".repeat(64) });
  const file = folder.file("cam1.ts");
  Deno.writeTextFileSync(file, "payload");
  const released = Promise.withResolvers<void>();
  const held = withFolderLock(folder.path, () => released.promise);
  sidecars.handle({ kind: "opened", file });
  await sidecars.finish(endWith([file]), DEADLINE_MS);
  await sidecars.finishManifests(1);
  assert.match(warnings.join("\n"), /^a recording is missing from its manifest, .*\n.*: srt-splitter recover /);
  assert.equal(read(`${file}.json`).state, "final");
  released.resolve();
  await held;
  await sidecars.finishManifests(DEADLINE_MS);
  assert.deepEqual(folder.names(), ["cam1.ts", "cam1.ts.json", "recordings.sha256"]);
});
