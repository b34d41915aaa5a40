import assert from "node:assert/strict";
import { styleText } from "node:util";

import type { SplitterEvent } from "../../mod/vocabulary/events.ts";
import { type Paint, TextReporter, type TextReporterOptions } from "../../mod/report/text_reporter.ts";
import {
  ADOPTED,
  CRASHED,
  DATA_AGAIN,
  DISK,
  DISK_LOW,
  END,
  EXPECTATION,
  LISTENING,
  MISSING,
  NO_DATA,
  REFUSED,
  START,
  STATS,
  STOPPED,
  STOPPING,
} from "./events_of_a_run.ts";

const PAINT: Paint = (color, text) => styleText(color, text, { validateStream: false });

/** Returns what a reporter with `options` writes while `use` runs. */
function written(
  use: (reporter: TextReporter) => void,
  options: Partial<TextReporterOptions> = {},
): { readonly out: string; readonly err: string } {
  let out = "";
  let err = "";
  use(
    new TextReporter({
      writeOut: (text) => (out += text),
      writeErr: (text) => (err += text),
      paintOut: null,
      paintErr: null,
      verbosity: "normal",
      utc: true,
      encrypted: false,
      ...options,
    }),
  );
  return { out, err };
}

Deno.test("TextReporter begins lines with their priority, without a time of day, if they go to the journal", () => {
  const journal = { out: true, err: true };
  const { out, err } = written((reporter) => {
    reporter.report(CRASHED);
    reporter.report(START);
    reporter.report(DISK_LOW);
    reporter.warn("the disk is slow\nuse another");
  }, { journal });
  const lines = `${out}${err}`.trimEnd().split("\n");
  assert.deepStrictEqual(lines.map((line) => line.slice(0, 5)), [
    "<4>! ",
    "<4>  ",
    "<6>+ ",
    "<4>! ",
    "<4>  ",
    "<4>wa",
    "<4>hi",
  ]);
});

function lineOf(event: SplitterEvent, options: Partial<TextReporterOptions> = {}): string {
  return written((reporter) => reporter.report(event), options).out;
}

const LINES: readonly (readonly [string, SplitterEvent, string])[] = [
  [
    "the start of a session",
    START,
    "14:03:07 + cam1 (s1) begins, from 192.0.2.9:40123, latency 120 ms, encrypted (AES-128), SRT 1.5.1, " +
    "file /srv/recordings/cam1.ts\n",
  ],
  [
    "the start of a session without name, passphrase and file",
    { ...START, stream: null, encrypted: false, keyLength: 0, file: null },
    "14:03:07 + s1 begins, no stream name, from 192.0.2.9:40123, latency 120 ms, not encrypted, SRT 1.5.1\n",
  ],
  [
    "the start of a session that continues a recording",
    { ...START, earlierBytes: 12_000_000 },
    "14:03:07 + cam1 (s1) begins, from 192.0.2.9:40123, latency 120 ms, encrypted (AES-128), SRT 1.5.1, " +
    "file /srv/recordings/cam1.ts, which has 12.0 MB of an earlier session\n",
  ],
  [
    "an adopted session",
    ADOPTED,
    "14:03:07 + cam1 (s1) adopted from an earlier listener, from 192.0.2.9:40123, latency 120 ms, encrypted (AES-128), " +
    "SRT 1.5.1, file /srv/recordings/cam1.ts, running for 1 min 00 s\n",
  ],
  [
    "an adopted session of a listener that was called",
    { ...ADOPTED, pulled: true },
    "14:03:07 + cam1 (s1) adopted from an earlier process, from 192.0.2.9:40123, latency 120 ms, encrypted (AES-128), " +
    "SRT 1.5.1, file /srv/recordings/cam1.ts, running for 1 min 00 s\n",
  ],
  [
    "statistics",
    STATS,
    "14:03:07   cam1 (s1), 1 h 02 min, 12.4 Mbit/s, 37.5 MB, RTT 12.3 ms, buffer 118 of 120 ms, recovered 11 packets, " +
    "missing 1 packet\n",
  ],
  [
    "undecryptable packets",
    { ...STATS, statistics: { ...STATS.statistics, pktRcvUndecryptTotal: 7 } },
    "14:03:07   cam1 (s1), 1 h 02 min, 12.4 Mbit/s, 37.5 MB, RTT 12.3 ms, buffer 118 of 120 ms, recovered 11 packets, " +
    "missing 1 packet, undecryptable 7 packets\n",
  ],
  [
    "losses on this machine",
    {
      ...STATS,
      statistics: { ...STATS.statistics, pktRcvFilterSupplyTotal: 3, pktKernelDropTotal: 2, pktUndeliveredTotal: 1 },
    },
    "14:03:07   cam1 (s1), 1 h 02 min, 12.4 Mbit/s, 37.5 MB, RTT 12.3 ms, buffer 118 of 120 ms, recovered 11 packets, " +
    "missing 1 packet, restored by FEC 3 packets, dropped by this machine 2 packets, not delivered 1 packet\n",
  ],
  ["payload that stops", NO_DATA, "14:03:07 ! cam1 (s1) NO DATA for 2.0 s\n"],
  ["payload that resumes", DATA_AGAIN, "14:03:07 + cam1 (s1) data again after 5.2 s\n"],
  ["missing packets", MISSING, "14:03:07 ! cam1 (s1) MISSING 12 packets, 40 since the session started\n"],
  [
    "a disk that is almost full",
    DISK_LOW,
    "14:03:07 ! DISK LOW: 412 GB are free in /srv/recordings (20 % of the disk), 9 h 09 min left at 100 Mbit/s\n" +
    "           hint: make room in the folder of recordings; a restart is not needed\n",
  ],
  ["nothing about the space of a disk", DISK, ""],
  [
    "the end of a session",
    END,
    "14:03:07 - cam1 (s1) ended: the caller closed its connection, 1 h 02 min, 37.5 MB, 80.5 kbit/s, recovered 11 packets, " +
    "missing 1 packet, file /srv/recordings/cam1.ts\n",
  ],
  [
    "the failure of a session",
    CRASHED,
    "14:03:07 ! cam1 (s1) FAILED: its process died (SIGKILL), 1 h 02 min, 37.5 MB, 80.5 kbit/s, " +
    "file /srv/recordings/cam1.ts\n           hint: complete its sidecar: srt-splitter recover /srv/recordings\n",
  ],
  [
    "a refused caller",
    REFUSED,
    "14:03:07 x cam1: refused 192.0.2.9:40123 3 times: there are 8 sessions already (SRT reason 1402), SRT 1.5.1\n" +
    "           hint: raise --max-sessions\n",
  ],
  [
    "a caller refused without a reason",
    { ...REFUSED, reason: null, stream: null, srtVersion: null, times: 1, text: "rendezvous", advice: "" },
    "14:03:07 x refused 192.0.2.9:40123: rendezvous\n",
  ],
  [
    "the start of a stop",
    STOPPING,
    "14:03:07   stopping: SIGINT; closing 1 session, press Ctrl-C again to stop at once\n",
  ],
  ["the start of a stop without a session", { ...STOPPING, sessions: 0 }, "14:03:07   stopping: SIGINT\n"],
  ["an expectation that failed", EXPECTATION, "14:03:07 ! expected sessions=2, seen 1\n"],
  [
    "an expectation that held",
    { ...EXPECTATION, ok: true, seen: "2" },
    "14:03:07   expected sessions=2, seen 2\n",
  ],
  [
    "the summary",
    STOPPED,
    "14:03:07   stopped: 2 sessions, 1 attempt without payload, 3 refused: 3 with 1403 (SRT_REJX_FORBIDDEN), 37.5 MB received, in 1 h 02 min\n",
  ],
  [
    "refusals while stopping",
    { ...STOPPED, attempts: 0, refused: 0, refusedByStop: 4 },
    "14:03:07   stopped: 2 sessions, 4 refused while stopping, 37.5 MB received, in 1 h 02 min\n",
  ],
  [
    "the summary of a run that failed",
    { ...STOPPED, failed: 1, refused: 0, exitCode: 1 },
    "14:03:07 ! stopped with exit code 1: 2 sessions, 1 attempt without payload, 1 FAILED, 37.5 MB received, in 1 h 02 min\n",
  ],
];

for (const [what, event, line] of LINES) {
  Deno.test(`TextReporter prints ${what}`, () => assert.equal(lineOf(event), line));
}

Deno.test("TextReporter names the port and the addresses", () => {
  assert.match(
    lineOf(LISTENING),
    /^srt-splitter 0\.1\.0 listening on UDP port 9000 of 127\.0\.0\.1, ::1, 192\.0\.2\.7\n/,
  );
});

Deno.test("TextReporter shows how to pass the passphrase if callers need one", () => {
  assert.match(lineOf(LISTENING, { encrypted: true }), /&passphrase=YOUR-PASSPHRASE"/);
});

Deno.test("TextReporter prints no escape sequence without colors", () => {
  // deno-lint-ignore no-control-regex -- the test is about the escape character
  assert.doesNotMatch(lineOf(CRASHED), /\x1b/);
});

Deno.test("TextReporter marks a failed session red with colors", () => {
  assert.equal(lineOf(CRASHED, { paintOut: PAINT }).includes("\x1b[31m!\x1b[39m"), true);
});

/** What a reporter writes if only one of its streams has colors: an event to stdout, a warning and a detail to stderr. */
function withColors(options: Pick<TextReporterOptions, "paintOut" | "paintErr">) {
  const use = (reporter: TextReporter) => {
    reporter.report(CRASHED);
    reporter.warn("the clock jumped");
    reporter.debug("libsrt 1.5.1");
  };
  return written(use, { ...options, verbosity: "verbose" });
}

Deno.test("TextReporter writes no escape sequence to stderr if only stdout has colors", () => {
  assert.equal(withColors({ paintOut: PAINT, paintErr: null }).err, "warning: the clock jumped\nlibsrt 1.5.1\n");
});

Deno.test("TextReporter writes no escape sequence to stdout if only stderr has colors", () => {
  const { out, err } = withColors({ paintOut: null, paintErr: PAINT });
  assert.equal(out, lineOf(CRASHED));
  assert.match(err, /^.\[33m(?:warning:).\[39m the clock jumped\n.\[90m(?:libsrt) 1\.5\.1.\[39m\n$/);
});

const HOSTILE = "cam\x1b[2J\r\n\u202e\x9b1";
const ESCAPED = "cam\\u001b[2J\\u000d\\u000a\\u202e\\u009b1";

for (
  const event of [
    { ...START, stream: HOSTILE },
    { ...START, file: HOSTILE },
    { ...START, srtVersion: HOSTILE },
    { ...STATS, stream: HOSTILE },
    { ...END, stream: HOSTILE },
    { ...END, text: HOSTILE },
    { ...REFUSED, stream: HOSTILE },
    { ...REFUSED, text: HOSTILE },
    { ...REFUSED, advice: HOSTILE },
  ]
) {
  const field = Object.entries(event).find(([, value]) => value === HOSTILE)?.[0];
  Deno.test(`TextReporter escapes ${field} of ${event.event}`, () => {
    const line = lineOf(event);
    assert.equal(line.includes(ESCAPED), true);
    assert.equal(line.split("\n").length, event.event === "refused" ? 3 : 2);
  });
}

for (
  const event of [
    LISTENING,
    START,
    STATS,
    NO_DATA,
    MISSING,
    END,
    REFUSED,
    STOPPING,
    { ...EXPECTATION, ok: true },
    STOPPED,
  ]
) {
  Deno.test(`TextReporter does not print ${event.event} if quiet`, () => {
    assert.equal(lineOf(event, { verbosity: "quiet" }), "");
  });
}

for (const event of [CRASHED, EXPECTATION, { ...STOPPED, exitCode: 1 }]) {
  Deno.test(`TextReporter prints ${event.event} if quiet when it reports a failure`, () => {
    assert.notEqual(lineOf(event, { verbosity: "quiet" }), "");
  });
}

Deno.test("TextReporter prints disk-low if quiet", () => {
  assert.match(lineOf(DISK_LOW, { verbosity: "quiet" }), /DISK LOW/);
});

Deno.test("TextReporter prints warnings on stderr if quiet", () => {
  const { out, err } = written((reporter) => reporter.warn("the clock jumped"), { verbosity: "quiet" });
  assert.deepEqual({ out, err }, { out: "", err: "warning: the clock jumped\n" });
});

Deno.test("TextReporter labels each further line of a warning, so that it cannot be mistaken for an event", () => {
  assert.equal(written((reporter) => reporter.warn("a\n14:03:07 forged\n")).err, "warning: a\nhint: 14:03:07 forged\n");
});

/** What a reporter prints after `listening`. */
function afterListening(use: (reporter: TextReporter) => void, options: Partial<TextReporterOptions> = {}) {
  const before = written((reporter) => reporter.report(LISTENING), options).out;
  const { out, err } = written((reporter) => {
    reporter.report(LISTENING);
    use(reporter);
  }, options);
  return { out: out.slice(before.length), err };
}

Deno.test("TextReporter shows paths relative to the output folder once it has printed that", () => {
  assert.match(afterListening((reporter) => reporter.report(START)).out, /, file cam1\.ts\n$/);
});

Deno.test("TextReporter shows paths in warnings relative to the output folder", () => {
  const { err } = afterListening((reporter) => reporter.warn('cannot write "/srv/recordings/cam1.ts"'));
  assert.equal(err, 'warning: cannot write "cam1.ts"\n');
});

Deno.test("TextReporter shows whole paths if the output folder was not printed because of --quiet", () => {
  const { out } = afterListening((reporter) => reporter.report(CRASHED), { verbosity: "quiet" });
  assert.match(out, /, file \/srv\/recordings\/cam1\.ts$/m);
});

Deno.test("TextReporter indents the folded lines of an event to its text, and those of its hint further", () => {
  const indents: number[] = [];
  const foldOut = (line: string, indent: number) => (indents.push(indent), line);
  afterListening((reporter) => reporter.report(REFUSED), { foldOut });
  assert.deepEqual(indents.slice(-2), [11, 13]);
});

Deno.test("TextReporter never folds the commands to copy", () => {
  const { out } = written((reporter) => reporter.report(LISTENING), { foldOut: (line) => `${line}|` });
  const commands = out.split("\n").filter((line) => /srt:\/\//.test(line));
  assert.equal(commands.length, 2);
  for (const command of commands) assert.doesNotMatch(command, /\|/);
});

Deno.test("TextReporter prints details on stderr if verbose", () => {
  assert.equal(written((reporter) => reporter.debug("a\x1bb"), { verbosity: "verbose" }).err, "a\\u001bb\n");
});

Deno.test("TextReporter prints no details if not verbose", () => {
  assert.equal(written((reporter) => reporter.debug("a")).err, "");
});

Deno.test("TextReporter prints files without folders if that is set", () => {
  assert.match(lineOf(END, { fileNamesOnly: true }), /, file cam1\.ts\n$/);
});
