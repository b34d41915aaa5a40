import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";

import { liveTable, type RunFigures } from "../../mod/terminal/live_table.ts";
import type { ShownSession } from "../../mod/terminal/session_row.ts";
import { START, STATISTICS, STATS } from "../report/events_of_a_run.ts";

const FIGURES: RunFigures = {
  port: 9000,
  ended: 0,
  attempts: 0,
  refused: 0,
  durationMs: 61_000,
  receivedBytes: 90_000_000,
  disk: null,
};
const LONG = "an endless name ".repeat(20);

function session(number: number, changes: Partial<typeof START> = {}, stats: object = {}): ShownSession {
  const id = { session: `s${number}` };
  const start = { ...START, ...id, ...changes };
  return {
    start,
    stream: start.stream,
    file: start.file,
    figures: { ...STATS, ...id, ...stats },
    state: { kind: "running" },
    recent: null,
    lastMissing: null,
    durationMs: 3_725_000,
  };
}

function sessions(amount: number): readonly ShownSession[] {
  return Array.from({ length: amount }, (_, index) => session(index + 1, { stream: `cam${index + 1}` }));
}

function linesOf(shown: readonly ShownSession[], columns: number, rows: number, color = false): readonly string[] {
  return liveTable(shown, FIGURES, { color, utc: true, folder: "/rec", size: { columns, rows } }).split("\n");
}

Deno.test("liveTable shows the figures of each session with their units", () => {
  assert.deepStrictEqual(linesOf([session(1)], 140, 40), [
    "ID STREAM FROM                  TIME        RATE    SIZE     RTT RECOVERED MISSING FILE",
    "s1 cam1   192.0.2.9:40123 1 h 02 min 12.4 Mbit/s 37.5 MB 12.3 ms        11       1 cam1.ts",
    "port 9000: 1 running, 12.4 Mbit/s, 90.0 MB, 1 min 01 s",
    "RECORDING to /rec",
  ]);
});

Deno.test("liveTable shows the figures of the last 10 s beside the totals, and when packets last went missing", () => {
  const recent = { bitsPerSecond: 8_000_000, recoveredPackets: 5, missingPackets: 1 };
  const lines = linesOf([{ ...session(1), recent, lastMissing: "2026-05-04T14:03:07.123Z" }], 140, 40);
  assert.deepStrictEqual(lines.map((line) => line.replace(/^s1 .*?min +/, "")), [
    "ID STREAM FROM                  TIME       RATE    SIZE     RTT RECOVERED MISSING LAST     FILE",
    "8.0 Mbit/s 37.5 MB 12.3 ms     11 +5    1 +1 14:03:07 cam1.ts",
    "port 9000: 1 running, 8.0 Mbit/s, 90.0 MB, 1 min 01 s",
    "RECORDING to /rec",
  ]);
});

for (
  const [what, state, cell] of [
    ["payload that has stopped", { kind: "no-data", forMs: 3900 }, "NO DATA 3 s"],
    ["payload that stopped a while ago", { kind: "no-data", forMs: 75_000 }, "NO DATA 1 min 15 s"],
    [
      "a session that was cut off",
      { kind: "lost", end: { time: START.time, reason: "silence" } },
      "LOST 14:03:07, silence",
    ],
  ] as const
) {
  Deno.test(`liveTable shows ${what} in red as ${cell}`, () => {
    const [head = "", row = ""] = linesOf([{ ...session(1), state }], 140, 40, true);
    assert.match(head, /^ID STREAM STATE /);
    assert.ok(row.startsWith(`s1 cam1   \x1b[31m${cell}\x1b[39m `), row);
  });
}

Deno.test("liveTable shows no figures of payload for a session that never had any, and counts it separately", () => {
  const statistics = { ...STATISTICS, pktRecvTotal: 0 };
  const lines = linesOf(
    [session(1), session(2, { stream: "cam2" }, { bytes: 0, bitsPerSecond: 0, statistics })],
    140,
    40,
  );
  assert.deepStrictEqual(lines.slice(1), [
    "s1 cam1   192.0.2.9:40123 1 h 02 min 12.4 Mbit/s 37.5 MB 12.3 ms        11       1    cam1.ts",
    "s2 cam2   192.0.2.9:40123 1 h 02 min           -       - 12.3 ms         -       - -  cam1.ts",
    "port 9000: 1 running, 12.4 Mbit/s, 90.0 MB, 1 without payload, 1 min 01 s",
    "RECORDING to /rec",
  ]);
});

Deno.test("liveTable shows an expected stream name that is not there as MISSING", () => {
  const absent: ShownSession = {
    ...{ ...session(1), start: null, stream: "cam3", file: null, figures: null, durationMs: null },
    state: { kind: "absent" },
  };
  const lines = linesOf([session(1), absent], 140, 40);
  assert.match(lines[1] ?? "", /^- +cam3 +MISSING$/);
  assert.strictEqual(lines.at(-2), "port 9000: 1 running, 12.4 Mbit/s, 90.0 MB, 1 MISSING, 1 min 01 s");
});

Deno.test("liveTable counts lost sessions, and not their rate", () => {
  const state = { kind: "lost", end: { time: START.time, reason: "silence" } } as const;
  const lines = linesOf([{ ...session(1), state }, session(2)], 140, 40);
  assert.strictEqual(lines.at(-2), "port 9000: 1 running, 12.4 Mbit/s, 90.0 MB, 1 LOST, 1 min 01 s");
});

Deno.test("liveTable shows paths relative to the folder of recordings, and only the names of files elsewhere", () => {
  const shown = ["/rec/cam1/a.ts", "/elsewhere/b.ts"].map((file) => ({ ...session(1), file }));
  const [, first, second] = linesOf(shown, 140, 40);
  assert.match(first ?? "", / cam1\/a\.ts$/);
  assert.match(second ?? "", / b\.ts$/);
});

for (
  const [ts, cell] of [
    [{ payload: "ts", errors: 0 }, "ok"],
    [{ payload: "ts", errors: 3 }, "3"],
    [{ payload: "other", errors: 0 }, "not TS"],
  ] as const
) {
  Deno.test(`liveTable shows the TS health of ${JSON.stringify(ts)} as ${cell}`, () => {
    const [head, row] = linesOf([session(1, {}, { ts })], 140, 40);
    assert.match(head ?? "", / TS /);
    assert.match(row ?? "", new RegExp(` ${cell} +cam1`));
  });
}

Deno.test("liveTable shows no TS health of a payload that is not recognized yet", () => {
  const [head] = linesOf([session(1, {}, { ts: { payload: "unknown", errors: 0 } })], 140, 40);
  assert.doesNotMatch(head ?? "", / TS /);
});

Deno.test("liveTable shows a session without a name, figures and file", () => {
  const [, row] = linesOf([{ ...session(1, { stream: null, file: null }), figures: null }], 140, 40);
  assert.strictEqual(row, "s1 -      192.0.2.9:40123 1 h 02 min");
});

Deno.test("liveTable shows that it waits for callers", () => {
  assert.deepStrictEqual(linesOf([], 80, 24), [
    "port 9000: waiting for callers, 90.0 MB, 1 min 01 s",
    "RECORDING to /rec",
  ]);
});

Deno.test("liveTable shows a pull without a session, with the reason and the time of the next call", () => {
  const state = { kind: "unconnected", reason: 16, nextCallMs: 12_000 } as const;
  const pull = { start: null, stream: "cam9", file: null, state, figures: null, recent: null, lastMissing: null };
  const [head, first, , sums] = linesOf([session(1), { ...pull, durationMs: null }], 140, 40);
  assert.match(head ?? "", / STATE /);
  assert.match(first ?? "", /^- +cam9 +NO ANSWER, call in 12 s/);
  assert.strictEqual(sums, "port 9000: 1 running, 12.4 Mbit/s, 90.0 MB, 1 NOT CONNECTED, 1 min 01 s");
});

Deno.test("liveTable shows that a run without a port waits for a listener", () => {
  const size = { columns: 80, rows: 24 };
  const text = liveTable([], { ...FIGURES, port: 0 }, { color: false, utc: true, folder: "/rec", size });
  assert.strictEqual(text.split("\n")[0], "record: waiting for a listener, 90.0 MB, 1 min 01 s");
});

for (const columns of [10, 20, 40, 60, 80, 100, 200]) {
  Deno.test(`liveTable never fills ${columns} columns, whatever its content`, () => {
    const shown = [
      session(1, { stream: LONG, file: `/srv/${LONG}.ts` }, { bytes: 9e14, bitsPerSecond: 9e11 }),
      session(2, { stream: "日本語の放送局" }, { statistics: { ...STATISTICS, pktRcvLossTotal: 2 ** 31 - 1 } }),
      session(3, { caller: { address: "2001:db8:1234:5678:9abc:def0:1234:5678", port: 65_535 } }),
    ];
    for (const line of linesOf(shown, columns, 40, true)) assert.ok(stringWidth(line) < columns, line);
  });
}

Deno.test("liveTable has ID, name, time, rate, size, recovered, missing and TS health at 80 columns", () => {
  const [head = ""] = linesOf([session(1, { stream: LONG }, { ts: { payload: "ts", errors: 0 } })], 80, 24);
  for (const name of ["ID", "STREAM", "TIME", "RATE", "SIZE", "RECOVERED", "MISSING", "TS"]) {
    assert.ok(head.includes(name), name);
  }
});

for (const rows of [5, 10, 24, 40]) {
  Deno.test(`liveTable uses at most ${Math.max(4, rows - 4)} of ${rows} rows and counts what it does not show`, () => {
    const lines = linesOf(sessions(200), 80, rows);
    assert.ok(lines.length <= Math.max(4, rows - 4), `${lines.length} lines`);
    const shown = lines.filter((line) => /^s\d/.test(line)).length;
    assert.ok(lines.includes(`and ${200 - shown} more`));
  });
}

Deno.test("liveTable shows 32 sessions in 40 rows", () => {
  assert.strictEqual(linesOf(sessions(32), 80, 40).filter((line) => /^s\d/.test(line)).length, 32);
});

Deno.test("liveTable marks missing packets red, and leaves recovered ones and zero unmarked", () => {
  const text = linesOf([session(1)], 140, 40, true).join("\n");
  assert.ok(text.includes("\x1b[31m1\x1b[39m"));
  const clean = { statistics: { ...STATISTICS, pktRcvLossTotal: 844, pktRcvDropTotal: 0 } };
  // deno-lint-ignore no-control-regex -- the test looks for the escape character
  assert.doesNotMatch(linesOf([session(1, {}, clean)], 140, 40, true).join("\n"), /\x1b/);
});

Deno.test("liveTable without colors is the same text", () => {
  const plain = linesOf([session(1)], 140, 40, false).join("\n");
  assert.strictEqual(plain, stripVTControlCharacters(linesOf([session(1)], 140, 40, true).join("\n")));
});

Deno.test("liveTable escapes the stream name", () => {
  const [, row = ""] = linesOf([session(1, { stream: "cam\x1b[2J\n1", file: null })], 140, 40);
  assert.ok(row.includes("cam\\u001b[2J\\u000a1"));
});

const LOST = { kind: "lost", end: { time: START.time, reason: "silence" } } as const;
const GB = 1e9;
const DISK = {
  event: "disk",
  time: START.time,
  folder: "/rec",
  freeBytes: 412 * GB,
  totalBytes: 2000 * GB,
  bitsPerSecond: 1e8,
  leftMs: 32_960_000,
} as const;

/** The last line of the table. */
function footer(
  { disk = null, folder = "/rec", columns = 80, color = false }: {
    readonly disk?: RunFigures["disk"];
    readonly folder?: string | null;
    readonly columns?: number;
    readonly color?: boolean;
  },
): string {
  const size = { columns, rows: 24 };
  return liveTable([], { ...FIGURES, disk }, { color, utc: true, folder, size }).split("\n").at(-1) ?? "";
}

for (
  const [what, options, expected] of [
    [
      "the free space and how long it lasts",
      { disk: DISK },
      "RECORDING to /rec, 412 GB free, 9 h 09 min left at this rate",
    ],
    [
      "only the free space if the rate is not known",
      { disk: { ...DISK, leftMs: null } },
      "RECORDING to /rec, 412 GB free",
    ],
    [
      "a long folder in short",
      { disk: DISK, columns: 62, folder: "/srv/recordings/of/the/north/studio" },
      "RECORDING to /s…io, 412 GB free, 9 h 09 min left at this rate",
    ],
    [
      "less than an hour in red",
      { disk: { ...DISK, leftMs: 3_000_000 }, color: true },
      "\x1b[31mRECORDING to /rec, 412 GB free, 50 min 00 s left at this rate\x1b[39m",
    ],
    [
      "less than 10 % in red",
      { disk: { ...DISK, freeBytes: 199 * GB, leftMs: null }, color: true },
      "\x1b[31mRECORDING to /rec, 199 GB free\x1b[39m",
    ],
    [
      "in red that no session begins, instead of a time",
      { disk: { ...DISK, leftMs: 0 }, color: true },
      "\x1b[31mRECORDING to /rec, 412 GB free: no session begins\x1b[39m",
    ],
    ["that nothing is recorded", { folder: null }, "NOT RECORDING (no --out)"],
  ] as const
) {
  Deno.test(`liveTable shows ${what} in its last line`, () => assert.strictEqual(footer(options), expected));
}

Deno.test("liveTable shortens long names so that they still differ, with 24 sessions at 80 columns and 24 rows", () => {
  const shown = Array.from({ length: 24 }, (_, index) => ({
    ...session(index + 1, { stream: `outside-broadcast-van-${index + 10}-main-camera` }, {
      ts: { payload: "ts", errors: 0 },
    }),
    ...(index % 2 === 0 ? { state: LOST } : {}),
  }));
  const [head = "", ...lines] = linesOf(shown, 80, 24);
  const rows = lines.filter((line) => /^s\d/.test(line));
  const from = head.indexOf("STREAM");
  const names = rows.map((row) => row.slice(from, head.indexOf("STATE")).trim());
  assert.strictEqual(new Set(names).size, rows.length, names.join("\n"));
  assert.ok(names.every((name) => name.length >= 16), names.join("\n"));
});

Deno.test("liveTable removes the port of a caller before it removes the column", () => {
  const [head = "", row = ""] = linesOf([session(1, { caller: { address: "192.168.100.200", port: 40_123 } })], 80, 24);
  assert.match(head, /^ID STREAM FROM /);
  assert.match(row, /^s1 cam1 {3}192\.168\.100\.200 /);
});

for (const trouble of [1, 5, 15, 19, 24]) {
  Deno.test(`liveTable hides none of ${trouble} sessions in trouble among 40 at 80 columns and 24 rows`, () => {
    const shown = sessions(40).map((one, index) => index >= 40 - trouble ? { ...one, state: LOST } : one);
    const lines = linesOf(shown, 80, 24);
    assert.ok(lines.length <= 23, `${lines.length} lines`);
    for (const { start } of shown.slice(40 - trouble)) {
      assert.ok(
        new RegExp(`\\b${start?.stream}\\b`).test(lines.join("\n")),
        `${start?.stream} in\n${lines.join("\n")}`,
      );
    }
    assert.match(lines[1] ?? "", / LOST /);
  });
}

Deno.test("liveTable has sessions with packets that went missing a moment ago above the others", () => {
  const recent = { bitsPerSecond: 8_000_000, recoveredPackets: 0, missingPackets: 1 };
  const [, first = ""] = linesOf([session(1), { ...session(2), recent }], 80, 24);
  assert.match(first, /^s2 /);
});
