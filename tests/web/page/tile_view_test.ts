import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { ListenerState } from "../../../mod/handoff/control_message.ts";
import type { SessionEndEvent } from "../../../mod/vocabulary/events.ts";
import type { RunningSession } from "../../../mod/web/api_schema.ts";
import { recordingText, sumsText } from "../../../mod/web/page/head_text.ts";
import { fileText, tileViews } from "../../../mod/web/page/tile_view.ts";

const CALLER = { address: "192.0.2.7", port: 5000 };
const STATISTICS = { pktRecvTotal: 9, pktRcvLossTotal: 12, pktRcvDropTotal: 2, msRTT: 4.2 };

/** A running session. */
function session(name: string | null, other: Partial<RunningSession> = {}): RunningSession {
  return {
    session: `s-${name}`,
    stream: name,
    caller: CALLER,
    start: "2026-01-01T00:00:00Z",
    durationMs: 5000,
    latencyMs: 120,
    encrypted: false,
    keyLength: 0,
    file: "/rec/cam.ts",
    bytes: 1000,
    bitsPerSecond: 2_000_000,
    statistics: STATISTICS,
    ts: null,
    noDataForMs: null,
    recent: { bitsPerSecond: 1_000_000, recoveredPackets: 5, missingPackets: 0 },
    lastMissing: null,
    ...other,
  } as RunningSession;
}

const LOST = {
  session: "s9",
  stream: "cam9",
  caller: CALLER,
  time: "2026-01-01T00:00:00Z",
  reason: "silence",
  text: "nothing arrived from the caller for 5 s",
  advice: "check its power and its network",
  durationMs: 1000,
  bytes: 5,
  file: null,
} as SessionEndEvent;

/** The state of a listener. */
function state(other: Partial<ListenerState> = {}): ListenerState {
  return {
    listening: { port: 9000, out: "/rec" },
    counts: { attempts: 0, refused: 0 },
    lost: [],
    absentStreams: [],
    receivedBytes: 0,
    durationMs: 60_000,
    stopping: null,
    disk: null,
    ...other,
  } as ListenerState;
}

Deno.test("tileViews has sessions in trouble, lost ones and absent streams in front of the others", () => {
  const sessions = [
    session("fine"),
    session("silent", { noDataForMs: 3000 }),
    session("lossy", { recent: { bitsPerSecond: 1, recoveredPackets: 0, missingPackets: 4 } }),
  ];
  const views = tileViews({ state: state({ lost: [LOST], absentStreams: ["cam5", "cam9"] }), sessions });
  deepStrictEqual(views.map(({ name, isInTrouble }) => [name, isInTrouble]), [
    ["silent", true],
    ["lossy", true],
    ["cam9", true],
    ["cam5", true],
    ["fine", false],
  ]);
  const [silent, lossy, lost, absent, fine] = views.map((view) => view.state);
  deepStrictEqual([silent, lossy, absent, fine], ["NO DATA 3 s", "MISSING 4 packets in 10 s", "MISSING", ""]);
  strictEqual(/^LOST [\d:]{8}, silence$/.test(lost ?? ""), true);
});

Deno.test("tileViews has a tile in trouble for each pull without a session, in place of that of its absent stream", () => {
  const pull = { listener: "srt://192.0.2.9:9000", text: "no answer from 192.0.2.9:9000 in time", advice: "check it" };
  const unconnectedPulls = [
    { ...pull, stream: "cam1", reason: 16, nextCallMs: 12_000 },
    { ...pull, stream: "cam2", reason: 1403, nextCallMs: null },
    { ...pull, stream: "cam3", reason: null, nextCallMs: 500 },
  ];
  const given = state({ unconnectedPulls, absentStreams: ["cam1"] });
  const views = tileViews({ state: given, sessions: [session("cam4")] });
  deepStrictEqual(views.map(({ name, state, isInTrouble }) => [name, state, isInTrouble]), [
    ["cam1", "NO ANSWER, call in 12 s", true],
    ["cam2", "REFUSED 1403, calling", true],
    ["cam3", "NOT CONNECTED, call in 1 s", true],
    ["cam4", "", false],
  ]);
  const { facts, advice } = views[0] ?? {};
  deepStrictEqual([facts, advice], [[pull.text, pull.listener], "check it"]);
  strictEqual(sumsText(given, [session("cam4")]), "1 running, 1.0 Mbit/s, 3 NOT CONNECTED, 1 min 00 s");
});

Deno.test("tileViews shows the figures of the table of the terminal", () => {
  const [view] = tileViews({ state: state(), sessions: [session("cam1")] });
  deepStrictEqual(view?.figures.map(({ name, text, isBad }) => [name, text, isBad]), [
    ["RTT", "4.2 ms", false],
    ["LATENCY", "120 ms", false],
    ["RECOVERED", "10 +5", false],
    ["MISSING", "2", true],
    ["TS", "-", false],
  ]);
  deepStrictEqual([view?.rate, view?.file, view?.facts[0]], ["1.0 Mbit/s", "cam.ts", "192.0.2.7:5000"]);
});

Deno.test("tileViews shows no figures for a session without payload, and the address of a caller without a name", () => {
  const silent = session(null, { bytes: 0, statistics: { ...STATISTICS, pktRecvTotal: 0 } as never });
  const [view] = tileViews({ state: state(), sessions: [silent] });
  deepStrictEqual([view?.name, view?.rate, view?.figures], ["192.0.2.7:5000", "", []]);
});

Deno.test("tileViews has no readable payload of a session that is recorded until its file exists", () => {
  const sessions = [session("recorded"), session("slow-disk", { file: null })];
  const readable = (folder: string | null) =>
    tileViews({ state: state({ listening: { port: 9000, out: folder } as ListenerState["listening"] }), sessions })
      .map(({ name, isReadable }) => [name, isReadable]);
  deepStrictEqual(readable("/rec"), [["recorded", true], ["slow-disk", false]]);
  deepStrictEqual(readable(null), [["recorded", true], ["slow-disk", true]], "without --out, its process sends it");
});

Deno.test("fileText shortens a path only if the file is in the folder", () => {
  deepStrictEqual(
    [fileText("/rec/a/b.ts", "/rec"), fileText("/recorded/b.ts", "/rec"), fileText("/rec/\u202eb.ts", "/rec")],
    ["a/b.ts", "/recorded/b.ts", "\\u202eb.ts"],
  );
});

for (
  const [title, given, expected] of [
    ["ample space", state({ disk: disk(500) }), [
      "RECORDING to /rec, 500 GB free, 10 h 00 min left at this rate",
      "fine",
    ]],
    ["little space", state({ disk: disk(50) }), [
      "RECORDING to /rec, 50.0 GB free, 10 h 00 min left at this rate",
      "low",
    ]],
    ["no folder", state({ listening: { out: null } as never }), ["NOT RECORDING (no --out)", "off"]],
  ] as const
) {
  Deno.test(`recordingText reports ${title}`, () => {
    const { text, kind } = recordingText(given);
    deepStrictEqual([text, kind], expected);
  });
}

/** A disk of 1 TB. */
function disk(freeGb: number): ListenerState["disk"] {
  return { freeBytes: freeGb * 1e9, totalBytes: 1e12, leftMs: 36_000_000 } as ListenerState["disk"];
}

Deno.test("sumsText shows what a run without sessions waits for", () => {
  const record = { listening: { port: 0 } } as Partial<ListenerState>;
  deepStrictEqual([state(), state(record)].map((waiting) => sumsText(waiting, [])), [
    "waiting for callers, 1 min 00 s",
    "waiting for a listener, 1 min 00 s",
  ]);
});

Deno.test("sumsText counts lost streams once", () => {
  const text = sumsText(state({ lost: [LOST], absentStreams: ["cam5", "cam9"] }), [session("cam1")]);
  strictEqual(text, "1 running, 1.0 Mbit/s, 1 MISSING, 1 LOST, 1 min 00 s");
});

Deno.test("sumsText has no rate if the listener takes no statistics", () => {
  strictEqual(
    sumsText(state(), [session("cam1", { bytes: null, bitsPerSecond: null, recent: null })]),
    "1 running, 1 min 00 s",
  );
});
