import assert from "node:assert/strict";

import { parseCommandLine } from "../../mod/cli/command_line.ts";
import type { ListenSettings } from "../../mod/cli/listen_settings.ts";
import type { RetentionRules } from "../../mod/retention/plan.ts";
import { usageErrorOf } from "./thrown_by.ts";
import { SOURCES } from "./sources.ts";

function settingsOf(argv: readonly string[], env: Readonly<Record<string, string>> = {}): ListenSettings {
  const line = parseCommandLine(argv, { ...SOURCES, env });
  assert.ok(line.command === "listen", `not listen but ${line.command}`);
  return line.settings;
}

/** Returns the settings that `expected` names. */
function pick(settings: ListenSettings, expected: Partial<ListenSettings>): Partial<ListenSettings> {
  const names = Object.keys(expected) as (keyof ListenSettings)[];
  return Object.fromEntries(names.map((name) => [name, settings[name]]));
}

const KEEP_ALL: RetentionRules = { keepMs: null, keepBytes: null, minFreeBytes: null, onFull: "stop" };

/** Arguments of `listen`, and the settings that they make. */
const SETTINGS: readonly (readonly [readonly string[], Partial<ListenSettings>])[] = [
  [[], { host: null, family: null, port: 9000, out: null, config: null, passphrases: [], libsrt: null, warnings: [] }],
  [[], { latencyMs: null, idleMs: null, onReturn: null, maxSessions: null, maxPerAddress: null, maxPerStream: null }],
  [[], { statsIntervalMs: 5000, format: "text", verbosity: "normal", utc: false }],
  [[], { names: [], addresses: [], streams: [], users: [], analyze: true, sidecar: true, checksum: null }],
  [["[::1]:9001"], { host: "::1", family: "IPv6", port: 9001 }],
  [["--out", "rec"], { out: "rec", statsIntervalMs: null }],
  [["-o", "rec", "--checksum", "sha256"], { out: "rec", sidecar: true, checksum: "sha256" }],
  [["--out", "rec"], { segments: null, retention: null }],
  [["--out", "rec", "--keep", "7d"], { retention: { ...KEEP_ALL, keepMs: 604_800_000 } }],
  [["--out", "rec", "--keep", "1min", "--keep-size", "500GB"], {
    retention: { ...KEEP_ALL, keepMs: 60_000, keepBytes: 5e11 },
  }],
  [["--out", "rec", "--no-sidecar", "--min-free", "20GB"], { retention: { ...KEEP_ALL, minFreeBytes: 2e10 } }],
  [["--out", "rec", "--min-free", "1GiB", "--on-full", "oldest"], {
    retention: { ...KEEP_ALL, minFreeBytes: 2 ** 30, onFull: "oldest" },
  }],
  [["--out", "rec", "--segment", "10min", "--segment-align"], {
    segments: { everyMs: 600_000, isAligned: true, atMs: [], bytes: null, utc: false },
  }],
  [["--out", "rec", "--segment-size", "2GB", "--segment-at", "00:00", "--segment-at", "6:30:05", "--utc"], {
    segments: { everyMs: null, isAligned: false, atMs: [0, 23_405_000], bytes: 2e9, utc: true },
  }],
  [["--out", "-", "--sessions", "1"], { out: null, stdout: true, statsIntervalMs: null, sidecar: true }],
  [["--out=rec", "--no-sidecar"], { out: "rec", sidecar: false, checksum: null }],
  [["--latency", "2s", "--idle", "0"], { latencyMs: 2000, idleMs: 0 }],
  [["--passphrase-file", "p.txt"], { passphrases: [{ kind: "file", file: "p.txt", place: null }] }],
  [["--stats", "10s", "--json", "--quiet"], { statsIntervalMs: 10_000, format: "json", verbosity: "quiet" }],
  [["--stats", "0"], { statsIntervalMs: null }],
  [["-v"], { verbosity: "verbose" }],
  [["-vo/rec"], { verbosity: "verbose", out: "/rec" }],
  [["-o/watch"], { out: "/watch" }],
  [["--web", "--json"], { format: "json" }],
  [["--utc", "--no-analyze", "--libsrt", "/lib/x.so"], { utc: true, analyze: false, libsrt: "/lib/x.so" }],
  [["--max-sessions", "8", "--max-per-address", "1", "--max-per-stream", "2"], {
    maxSessions: 8,
    maxPerAddress: 1,
    maxPerStream: 2,
  }],
  [["--on-return", "take-over"], { onReturn: "take-over" }],
  [["--latency", "1s", "--latency", "2s"], { latencyMs: 2000 }],
];

for (const [args, expected] of SETTINGS) {
  Deno.test(`parseCommandLine reads listen ${args.join(" ")} (${Object.keys(expected).join(", ")})`, () => {
    assert.deepEqual(pick(settingsOf(["listen", ...args]), expected), expected);
  });
}

Deno.test("parseCommandLine keeps the order of rules across their options", () => {
  const { names, addresses } = settingsOf([
    ...["listen", "--deny", "a", "--allow-from", "::1", "--allow", "*", "--deny-from", "192.0.2.7"],
  ]);
  assert.deepStrictEqual(names.map(({ source }) => source), ['--deny "a"', '--allow "*"']);
  assert.deepStrictEqual(addresses.map(({ allow }) => allow), [true, false]);
});

Deno.test("parseCommandLine reads every option for scripts", () => {
  const argv = ["listen", "--sessions", "2", "--for", "1h", "--wait", "30s", "--idle-exit", "500ms", ":9000"];
  argv.push("--expect-streams", "cam1,cam2,cam1");
  argv.push("--expect", "sessions=2", "--expect", "stream=cam1");
  argv.push("--junit", "j.xml", "--summary", "s.json", "--ready-file", "r.json");
  assert.deepStrictEqual(settingsOf(argv).scripting, {
    stop: {
      stdout: false,
      sessions: 2,
      forMs: 3_600_000,
      waitMs: 30_000,
      expectedStreams: ["cam1", "cam2"],
      idleExitMs: 500,
    },
    expectations: [
      { text: "sessions=2", quantity: "sessions", operator: "=", value: 2 },
      { text: "stream=cam1", quantity: "stream", operator: "=", value: "cam1" },
    ],
    junit: "j.xml",
    summary: "s.json",
    readyFile: "r.json",
  });
});

for (const option of ["--junit", "--summary", "--ready-file"]) {
  Deno.test(`parseCommandLine refuses an empty ${option}`, () => {
    assert.match(
      usageErrorOf(() => parseCommandLine(["listen", option, ""], SOURCES)).message,
      /^cannot use --[a-z-]+ "": it is empty$/,
    );
  });
}

Deno.test("parseCommandLine reads every option of send", () => {
  const argv = ["send", "a.ts", "srt://a:1?streamid=x", "--rate", "8Mbps", "--loop", "-q", "--libsrt", "/lib/x.so"];
  const line = parseCommandLine([...argv, "--passphrase-file", "p.txt"], SOURCES);
  assert.ok(line.command === "send");
  const { address, ...settings } = line.settings;
  assert.deepStrictEqual([address.host, address.streamId], ["a", "x"]);
  assert.deepStrictEqual(settings, {
    file: "a.ts",
    bitsPerSecond: 8_000_000,
    rounds: Infinity,
    passphrase: { kind: "file", file: "p.txt", place: null },
    quiet: true,
    libsrt: "/lib/x.so",
  });
});

Deno.test("parseCommandLine refuses an option before send", () => {
  const argv = ["--libsrt", "x.so", "send", "a.ts", "srt://a:1"];
  assert.match(usageErrorOf(() => parseCommandLine(argv, SOURCES)).text, /write srt-splitter send --libsrt/);
});

Deno.test("parseCommandLine reads passphrase and libsrt from the environment", () => {
  const { passphrases, libsrt } = settingsOf(["listen"], {
    SRT_SPLITTER_PASSPHRASE: "correcthorse",
    SRT_SPLITTER_LIBSRT: "/x",
  });
  assert.deepEqual({ passphrases, libsrt }, {
    passphrases: [{ kind: "environment", value: "correcthorse" }],
    libsrt: "/x",
  });
});

Deno.test("parseCommandLine prefers the options to the environment", () => {
  const argv = ["listen", "--passphrase-file", "p.txt", "--libsrt", "/y"];
  const { passphrases, libsrt } = settingsOf(argv, {
    SRT_SPLITTER_PASSPHRASE: "correcthorse",
    SRT_SPLITTER_LIBSRT: "/x",
  });
  assert.deepEqual({ passphrases, libsrt }, {
    passphrases: [{ kind: "file", file: "p.txt", place: null }],
    libsrt: "/y",
  });
});

Deno.test("parseCommandLine ignores an empty SRT_SPLITTER_LIBSRT", () => {
  assert.equal(settingsOf(["listen"], { SRT_SPLITTER_LIBSRT: "" }).libsrt, null);
});

for (const argv of [["listen"], ["send", "a.ts", "srt://a:1"]]) {
  Deno.test(`parseCommandLine refuses an empty SRT_SPLITTER_PASSPHRASE for ${argv[0]} with a hint to unset it`, () => {
    const error = usageErrorOf(() => parseCommandLine(argv, { ...SOURCES, env: { SRT_SPLITTER_PASSPHRASE: "" } }));
    assert.strictEqual(error.message, "cannot use SRT_SPLITTER_PASSPHRASE: it is set, but empty");
    assert.match(error.hint, /unset SRT_SPLITTER_PASSPHRASE/);
  });
}

Deno.test("parseCommandLine ignores an empty SRT_SPLITTER_PASSPHRASE if --passphrase-file is given", () => {
  const { passphrases } = settingsOf(["listen", "--passphrase-file", "p.txt"], { SRT_SPLITTER_PASSPHRASE: "" });
  assert.deepEqual(passphrases, [{ kind: "file", file: "p.txt", place: null }]);
});

function withPassphraseFiles(amount: number): readonly string[] {
  return ["listen", ...Array.from({ length: amount }, (_, index) => ["--passphrase-file", `p${index}.txt`]).flat()];
}

Deno.test("parseCommandLine reads as many passphrase files as the limit allows", () => {
  assert.strictEqual(settingsOf(withPassphraseFiles(8)).passphrases.length, 8);
});

Deno.test("parseCommandLine refuses more passphrase files than the limit, with both numbers", () => {
  const error = usageErrorOf(() => parseCommandLine(withPassphraseFiles(12), SOURCES));
  assert.strictEqual(error.message, "cannot use --passphrase-file: 12 are given, and 8 is the limit");
});

Deno.test("parseCommandLine reads the latency of the address", () => {
  assert.equal(settingsOf(["listen", "srt://:9000?latency=200ms"]).latencyMs, 200);
});

Deno.test("parseCommandLine prefers --latency to the latency of the address", () => {
  assert.equal(settingsOf(["listen", "srt://:9000?latency=200ms", "--latency", "300"]).latencyMs, 300);
});

Deno.test("parseCommandLine prefers --latency even if it is before the address", () => {
  assert.equal(settingsOf(["listen", "--latency", "300", "srt://:9000?latency=200ms"]).latencyMs, 300);
});

Deno.test("parseCommandLine suggests the nearest option", () => {
  const error = usageErrorOf(() => parseCommandLine(["listen", "--latncy", "5"], SOURCES));
  assert.equal(error.message, 'unknown option "--latncy"');
  assert.match(error.hint, /^did you mean --latency\?/);
});

/** What was typed, and the option that is suggested. */
const NEAR_OPTIONS: readonly (readonly [readonly string[], string])[] = [
  [["listen", "--pasphrase", "correcthorse"], "--passphrase-file"],
  [["listen", "--pasphrase=correcthorse"], "--passphrase-file"],
  [["listen", "--otu", "rec"], "--out"],
  [["send", "a.ts", "srt://a:1", "--lopo"], "--loop"],
  [["check", "--confg", "x.toml"], "--config"],
  [["listen", "--hepl"], "--help"],
  [["inspect", "--jsn", "a.ts"], "--json"],
  [["--versoin"], "--version"],
];

for (const [argv, option] of NEAR_OPTIONS) {
  Deno.test(`parseCommandLine suggests ${option} for ${JSON.stringify(argv)}`, () => {
    const { hint, text } = usageErrorOf(() => parseCommandLine(argv, SOURCES));
    assert.ok(hint.startsWith(`did you mean ${option}? `), hint);
    assert.doesNotMatch(text, /correcthorse/);
  });
}

/** Commands with too many arguments, and the usage of each. */
const TOO_MANY: readonly (readonly [readonly string[], RegExp])[] = [
  [["listen", ":1", ":2"], /^usage: srt-splitter listen \[ADDRESS\];/],
  [["check", "x.toml"], /^usage: srt-splitter check \[OPTIONS\];/],
  [["check", "-c", "x.toml", "extra"], /^usage: srt-splitter check \[OPTIONS\];/],
  [["send", "a.ts", "srt://a:1", "b"], /^usage: srt-splitter send FILE ADDRESS;/],
  [["recover", "a", "b"], /^usage: srt-splitter recover FOLDER;/],
];

for (const [argv, hint] of TOO_MANY) {
  Deno.test(`parseCommandLine refuses ${argv.join(" ")} with the usage of ${argv[0]}`, () => {
    const error = usageErrorOf(() => parseCommandLine(argv, SOURCES));
    assert.strictEqual(error.message, `cannot run ${argv[0]}: there are too many arguments`);
    assert.match(error.hint, hint);
    assert.ok(error.hint.endsWith(`all options: srt-splitter ${argv[0]} --help`), error.hint);
  });
}

/** Command lines, and the text of their error: message and hint. */
const USAGE_ERRORS: readonly (readonly [readonly string[], RegExp])[] = [
  [[":9000"], /^there is no command ":9000"\ndid you mean srt-splitter listen :9000\? /],
  [["listne"], /^there is no command "listne"\ndid you mean listen\? /],
  [["rcover", "x"], /^there is no command "rcover"\ndid you mean recover\? /],
  [["--bogus"], /^unknown option "--bogus"\nall options: srt-splitter --help$/],
  [["inspect", "--json=correcthorse", "a.ts"], /^cannot use --json: it takes no value\nwrite --json alone$/],
  [["listen", "-vx", ":1"], /^unknown option "-x"\n/],
  [["check", "-p/correcthorse"], /^unknown option "-p"\nall options: /],
  [["listen", `--${"a".repeat(50)}`], /^unknown option "--a{38}"\n/],
  [["listen", ":1", "-vo"], /^cannot use --out: it needs a value\n/],
  [["listen", ":1", "-v-json"], /^cannot use --verbose: it takes no value\n/],
  [["listen", ":1", "-v="], /^cannot use --verbose: it takes no value\n/],
  [["listen", "--", "-1"], /^cannot use the address "-1": /],
  [["listen", "--version"], /^unknown option "--version"\ndid you mean srt-splitter version\? /],
  [["send", "--licenses"], /^unknown option "--licenses"\ndid you mean srt-splitter --licenses\? /],
  [["listen", "-x"], /^unknown option "-x"\nall options: srt-splitter listen --help$/],
  [["listen", "--out"], /^cannot use --out: it needs a value\ngive it a value: --out DIR$/],
  [["listen", "--on"], /^cannot use --on: it needs a value\ngive it a value: --on EVENT=COMMAND$/],
  [["listen", "-vo"], /^cannot use --out: it needs a value/],
  [["listen", "--out", "--json"], /^cannot use --out "--json": that is an option\ngive it a value: --out DIR$/],
  [["listen", "--out", ""], /^cannot use --out "": it is empty/],
  [["listen", "--libsrt", ""], /^cannot use --libsrt "": it is empty/],
  [["listen", "--passphrase-file", ""], /^cannot use --passphrase-file "": it is empty/],
  [["check"], /^cannot run check: --config is missing\nname a file: /],
  [["check", "-c", "s.toml", "--stream", "a"], /^cannot check a caller without its address\n.*--from/],
  [["check", "-c", "s.toml", "--from", "192.0.2.0/24"], /^cannot use --from: "192\.0\.2\.0\/24" is a range\n/],
  [["send", "a.ts"], /^cannot run send: ADDRESS is missing\nusage: srt-splitter send FILE ADDRESS; /],
  [["inspect"], /^cannot run inspect: FILE is missing\nusage: srt-splitter inspect FILE\.\.\.; /],
  [["recover"], /^cannot run recover: FOLDER is missing/],
  [["stop"], /^cannot run stop: no session was named\nname sessions \(/],
  [["stop", "s1", "--all"], /^cannot use --all with sessions\n/],
  [["sessions", "host:9000"], /^cannot /],
  [["ban", "192.0.2.7/99"], /^cannot .* is not a prefix length\nwrite \/0 to \/32$/],
  [["ban", "--lift"], /^cannot use --lift: no address and no stream name was given\n/],
  [["ban", "--for", "1h"], /^cannot use --for: no address and no stream name was given\n/],
  [["ban", "cam1", "--lift", "--for", "1h"], /^cannot use --for with --lift\n/],
  [["ban", "cam1", "--for", "5"], /^cannot use --for "5": it needs a unit\n/],
  [["completions", "csh"], /^cannot use shell "csh": there is no such choice\nwrite bash, zsh or fish$/],
  [
    ["listen", "--max-sessions", "0"],
    /^cannot use --max-sessions "0": it is not a whole number from 1 to 65535\nleave it out for no limit$/,
  ],
  [["listen", "--latency", "70000"], /^cannot use --latency "70000": the limit is 60000 ms/],
  [
    ["listen", "--on-return", "x"],
    /^cannot use --on-return "x": there is no such choice\nwrite new-file, take-over or/,
  ],
  [["listen", "--checksum", "md5"], /^cannot use --checksum "md5": there is no such choice\nwrite sha256$/],
  [["listen", "--name", "{stream}"], /^cannot use --name without --out: nothing is recorded\n/],
  [
    ["listen", "--out", "r", "--name", "{steram}"],
    /^cannot use --name "\{steram\}": there is no field \{steram\}\nwrite \{stream\}; /,
  ],
  [["listen", "--keep", "7d"], /^cannot use --keep without --out: nothing is recorded\n/],
  [["listen", "--keep-size", "1GB"], /^cannot use --keep-size without --out: nothing is recorded\n/],
  [["listen", "--out", "r", "--no-sidecar", "--keep", "7d"], /^cannot use --keep with --no-sidecar: only recordings/],
  [["listen", "--out", "r", "--keep", "59s"], /^cannot use --keep "59s": it is too short\n/],
  [["listen", "--out", "r", "--keep", "7"], /^cannot use --keep "7": it needs a unit\n/],
  [["listen", "--out", "r", "--keep-size", "1kB"], /^cannot use --keep-size "1kB": it is too small\n/],
  [["listen", "--min-free", "1GB"], /^cannot use --min-free without --out: nothing is recorded\n/],
  [["listen", "--out", "r", "--min-free", "20%"], /^cannot use --min-free "20%": it is not a size\n/],
  [["listen", "--out", "r", "--on-full", "oldest"], /^cannot use --on-full without --min-free\nadd --min-free 20GB /],
  [
    ["listen", "--out", "r", "--min-free", "1GB", "--on-full", "oldest", "--no-sidecar"],
    /^cannot use --on-full "oldest" with --no-sidecar: only recordings/,
  ],
  [["listen", "--rejoin", "30s"], /^cannot use --rejoin without --out: nothing is recorded\n/],
  [
    ["listen", "--out", "r", "--rejoin", "1min"],
    /^cannot use --rejoin "1min": it is too long\nwrite 30s or 10s, at most/,
  ],
  [["listen", "--out", "r", "--rejoin", "30s", "--no-sidecar"], /^cannot use --rejoin with --no-sidecar: only a/],
  [["listen", "--out", "-", "--rejoin", "30s"], /^cannot use --rejoin with --out -/],
  [["listen", "--segment", "1h"], /^cannot use --segment without --out: nothing is recorded\n/],
  [["listen", "--segment-size", "2GB"], /^cannot use --segment-size without --out: nothing is recorded\n/],
  [["listen", "--segment-at", "00:00"], /^cannot use --segment-at without --out: nothing is recorded\n/],
  [["listen", "--out", "r", "--segment-align"], /^cannot use --segment-align without --segment\n/],
  [
    ["listen", "--pipe", "ffmpeg rtmp://h/secret 'x"],
    /^cannot use --pipe: a quote \('\) is not closed\nwrite a program/,
  ],
  [["listen", "--pipe", ""], /^cannot use --pipe: it names no program\n/],
  [["listen", "--udp", "239.1.1.1"], /^cannot use --udp "239.1.1.1": it has no port\nwrite ADDRESS:PORT, such as /],
  [
    ["listen", "--udp", "host:5000"],
    /^cannot use --udp "host:5000": the address is neither an IPv4 address nor an IPv6/,
  ],
  [["listen", "--udp", "ff15::1:5000"], /^cannot use --udp "ff15::1:5000": the port is not a number/],
  [["listen", "--udp", "127.0.0.1:65536"], /^cannot use --udp "127.0.0.1:65536": the port is not a number from 1 /],
  [["listen", "--udp", "127.0.0.1:{id.prot"], /^cannot use --udp .*: unmatched brace: \{id.prot\n/],
  [["listen", "--udp", "127.0.0.1:{port}"], /^cannot use --udp .*: there is no field \{port\}\n/],
  [["listen", "--udp", "239.1.1.1:5000?ttl=256"], /^cannot use --udp .*: its ttl is not a number from 1 to 255\n/],
  [["listen", "--udp", "239.1.1.1:5000?iface="], /^cannot use --udp .*: its iface is not the name of a network/],
  [["listen", "--udp", "239.1.1.1:5000?pkt_size=1"], /^cannot use --udp .*: it has an unknown parameter "pkt_size"\n/],
  [["listen", "--forward", "udp://h:1"], /^cannot call "udp:\/\/h:1": it is not an srt:\/\/ address\n/],
  [["listen", "--forward", "srt://h?streamid=secret"], /^cannot call "srt:\/\/h\.\.\.": it needs a host and a port\n/],
  [["listen", "--forward", "srt://h:1?passphrase=secret"], /^cannot use a passphrase in the address: other users/],
  [
    ["listen", "--forward", "srt://h:1?mode=listener"],
    /^cannot call "srt:\/\/h:1\.\.\.": mode must be caller, not "listener"/,
  ],
  [["listen", "--forward", "srt://{stream}:1"], /^cannot use --forward: its host has a field\nuse fields in streamid/],
  [["listen", "--forward", "srt://h:1?streamid={street}"], /^cannot use --forward: there is no field \{street\}\n/],
  [
    ["listen", "--forward", "srt://h:1?streamid=p=secret}"],
    /^cannot use --forward: its stream ID has a brace that belongs to no field\nwrite fields as/,
  ],
  [["listen", "--pipe-restart"], /^cannot use --pipe-restart without --pipe\nadd --pipe COMMAND$/],
  [["listen", "--on", "session-end=x 'secret"], /^cannot use --on: a quote \('\) is not closed\nwrite a program/],
  [
    ["listen", "--on", "session-ends=x"],
    /^cannot use --on: there is no such event for hooks\ndid you mean session-end\?/,
  ],
  [["listen", "--on", "refused={stream}"], /^cannot use --on: the program has a field\n/],
  [["listen", "--hook-timeout", "0"], /^cannot use --hook-timeout "0": it needs a unit\n/],
  [["listen", "--hooks-at-once", "0"], /^cannot use --hooks-at-once "0": .*\nleave it out for the default of 4$/],
  [["listen", "--out", "-", "--name", "{stream}"], /^cannot use --name with --out -: .*\nleave --name out, or record/],
  [["listen", "--out", "-", "--no-sidecar"], /^cannot use --no-sidecar with --out -/],
  [["listen", "--out", "-", "--segment", "1h"], /^cannot use --segment with --out -/],
  [["listen", "--out", "-", "--keep", "7d"], /^cannot use --keep with --out -/],
  [["listen", "--out", "-", "--max-sessions", "2"], /^cannot use --max-sessions with --out -/],
  [["listen", "--out", "-", "--on-return", "refuse"], /^cannot use --on-return with --out -/],
  [["listen", "--out", "-", "--sessions", "2"], /^cannot use --sessions with --out -/],
  [["listen", "--segment", "0.5s"], /^cannot use --segment "0.5s": it is too short\n/],
  [["listen", "--segment", "10"], /^cannot use --segment "10": it needs a unit\n/],
  [["listen", "--segment-size", "100kB"], /^cannot use --segment-size "100kB": it is too small\n/],
  [["listen", "--segment-size", "much"], /^cannot use --segment-size "much": it is not a size\n/],
  [["listen", "--segment-at", "24:00"], /^cannot use --segment-at "24:00": it is not a time of day\n/],
  [["listen", "--checksum", "sha256"], /^cannot use --checksum without --out: nothing is recorded\n/],
  [["listen", "--quiet", "--verbose"], /^cannot use --verbose: it contradicts --quiet\nleave one of the two out$/],
  [["listen", "somewhere:9000"], /host names are not looked up/],
  [["--libsrt", "/x", "listen"], /^cannot use --libsrt before a command\nwrite srt-splitter listen --libsrt/],
];

for (const [argv, text] of USAGE_ERRORS) {
  Deno.test(`parseCommandLine refuses ${JSON.stringify(argv)} with a hint`, () => {
    assert.match(usageErrorOf(() => parseCommandLine(argv, SOURCES)).text, text);
  });
}

const WITH_SECRETS: readonly (readonly string[])[] = [
  ["listen", "--passphrase", "correcthorse"],
  ["listen", "--passphrase=correcthorse"],
  ["listen", "-passphrase", "correcthorse"],
  ["listen", "--passphras=correcthorse"],
  ["listen", "--passphrase-fil", "correcthorse"],
  ["listen", "--passphrase-fil=correcthorse"],
  ["listen", ":9000", "correcthorse"],
  ["listen", "srt://:9000?passphrase=correcthorse"],
  ["listen", "srt://x:9000?passphrase=correcthorse"],
  ["srt://:9000?passphrase=correcthorse"],
  ["passphrase=correcthorse"],
];

for (const argv of WITH_SECRETS) {
  Deno.test(`parseCommandLine never repeats the passphrase in ${JSON.stringify(argv)}`, () => {
    assert.doesNotMatch(usageErrorOf(() => parseCommandLine(argv, SOURCES)).text, /correcthorse/);
  });
}

Deno.test("parseCommandLine suggests both ways to give a passphrase", () => {
  const { hint } = usageErrorOf(() => parseCommandLine(["listen", "--passphrase", "correcthorse"], SOURCES));
  assert.match(hint, /--passphrase-file FILE.*SRT_SPLITTER_PASSPHRASE/);
});

/** What follows `help`, and the page that is printed. */
const PAGES: readonly (readonly [readonly string[], string | null])[] = [[[], null], [
  ["configuration"],
  "configuration",
], [["web"], "web"]];

for (const [rest, topic] of PAGES) {
  Deno.test(`parseCommandLine answers help ${rest.join(" ")} with the manual`, () => {
    assert.deepEqual(parseCommandLine(["help", ...rest], SOURCES), { command: "manual", topic });
  });
}

for (const argv of [["--version"], ["-V"], ["version"]]) {
  Deno.test(`parseCommandLine answers ${argv} with the version, without the name of a libsrt`, () => {
    assert.deepEqual(parseCommandLine(argv, SOURCES), { command: "version", libsrt: null });
  });
}

Deno.test("parseCommandLine answers --version --libsrt with the version of that libsrt", () => {
  assert.deepEqual(parseCommandLine(["--version", "--libsrt", "/x"], SOURCES), { command: "version", libsrt: "/x" });
});

/** A libsrt as it is given, and its name for children, which run in another folder. */
const LIBRARIES: readonly (readonly [string, string])[] = [
  ["./lib/x.so", `${Deno.cwd()}/lib/x.so`],
  ["lib/x.so", `${Deno.cwd()}/lib/x.so`],
  ["/lib/x.so", "/lib/x.so"],
  ["libsrt.so.1.5", "libsrt.so.1.5"],
];

for (const [named, name] of LIBRARIES) {
  Deno.test(`parseCommandLine makes the name of the libsrt ${named} usable in any folder`, () => {
    assert.strictEqual(settingsOf(["listen", "--libsrt", named]).libsrt, name);
    assert.strictEqual(settingsOf(["listen"], { SRT_SPLITTER_LIBSRT: named }).libsrt, name);
  });
}
