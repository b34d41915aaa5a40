/**
 * The commands of the program: their options, operands, examples and exit codes.
 *
 * @module
 */

import { type ListenAddress, parseAddress } from "./address.ts";
import { parseBanSubject } from "../admission/bans.ts";
import { type CallerAddress, parseCallerAddress } from "./caller_address.ts";
import { LISTEN_OPTIONS, RECORDING_OPTIONS } from "./listen_options.ts";
import { type CommandSpec, HELP, list, one } from "./option.ts";
import { parsePassphraseFile, type PassphraseFile } from "./passphrase.ts";
import { parsePull, type PullTarget } from "./pull_option.ts";
import { ValueError } from "./usage_error.ts";
import { DEFAULT_WEB, parseWebAddress, WEB_TOKEN_FILE, type WebAddress } from "./web_option.ts";
import { parseChoice, parseCount, parseLibrary, parsePath, parseRate, parseTime } from "./values.ts";

/** Shells that a completion script can be printed for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** One of {@linkcode SHELLS}. */
export type Shell = typeof SHELLS[number];

const JSON_LINES = (what: string) =>
  one<"text" | "json">({ initial: "text" }, {
    flags: "--json",
    help: `print a line of JSON for each ${what}`,
    value: "json",
  });

const LIBSRT = one<string | null>({ initial: null }, {
  flags: "--libsrt <file>",
  help: "load this libsrt",
  env: "SRT_SPLITTER_LIBSRT",
  parse: parseLibrary,
});

const LISTEN = {
  name: "listen",
  summary: "record every SRT caller on a UDP port",
  description: "Records every SRT caller on one UDP port, each in a process of its own.",
  table: LISTEN_OPTIONS,
  examples: [
    ["listen :9000 --out recordings", "one .ts file per caller"],
    ["listen", "no files, only reports"],
    ["listen 192.0.2.7:9000 --out /media/a --latency 500ms --utc", ""],
    ["listen --out rec --passphrase-file secret.txt --max-sessions 8", ""],
    ["listen :0 --out rec --json", "any free port, JSON events"],
    ["listen --out - | ffmpeg -i - a.mp4", "one session to a program"],
    ['listen --out rec --allow "cam*" --allow-from 192.0.2.0/24', ""],
    ["listen --config splitter.toml", "options from a file"],
  ],
  notes: ["How rules decide and what patterns match: srt-splitter help admission"],
  exitCodes: {
    0: "no session failed",
    1: "a session failed; the others are complete",
    3: "cannot listen on the address or port",
    4: "no usable libsrt",
    5: "a condition of --expect is false",
    6: "no session began in time (--wait)",
    7: "a report or the output could not be written",
    130: "stopped immediately by a second Ctrl-C",
  },
} as const satisfies CommandSpec;

const RECORD = {
  name: "record",
  summary: "call SRT listeners, and record what they send",
  description:
    "Calls SRT listeners and records what they send, each in a process of its own. Calls again until Ctrl-C.",
  table: {
    pulls: list<PullTarget>({}, {
      flags: "<address...>",
      help: "a listener to call: srt://HOST:PORT?streamid=ID&latency=TIME",
      parse: parsePull,
    }),
    passphraseFile: one<PassphraseFile | null>({ topic: "Connection", initial: null }, {
      flags: "--passphrase-file <file>",
      help: "use the first line of this file as passphrase for all addresses without one",
      env: "SRT_SPLITTER_PASSPHRASE",
      parse: parsePassphraseFile,
    }),
    ...RECORDING_OPTIONS,
  },
  examples: [
    ["record srt://192.0.2.9:9000 --out recordings", ""],
    ['record "srt://host:9000?streamid=cam1" --out rec --rejoin 30s', ""],
    ["record srt://a:9000 srt://b:9000 --out rec", "two listeners"],
    ["record srt://host:9000 --out - | ffplay -", "to a program"],
  ],
  notes: ["Addresses, names, and when a listener is called again: srt-splitter help pulling"],
  exitCodes: {
    0: "no session failed",
    1: "a session failed; the others are complete",
    3: "another record command calls the same listeners",
    4: "no usable libsrt",
    5: "a condition of --expect is false",
    6: "no session began in time (--wait)",
    7: "a report or the output could not be written",
    130: "stopped immediately by a second Ctrl-C",
  },
} as const satisfies CommandSpec;

const SEND = {
  name: "send",
  summary: "send a transport stream to an SRT listener",
  description: "Sends a transport stream to an SRT listener in real time, according to the clock of the stream (PCR).",
  table: {
    file: one<string>({ initial: "" }, {
      flags: "<file>",
      help: "the MPEG-TS file to send; with --rate any file",
      parse: parsePath,
    }),
    address: one<CallerAddress | null>({ initial: null }, {
      flags: "<address>",
      help: "the listener to call: srt://HOST:PORT?streamid=NAME&latency=TIME",
      parse: parseCallerAddress,
    }),
    bitsPerSecond: one<number | null>({ initial: null }, {
      flags: "--rate <rate>",
      help: "send at this rate, such as 8Mbps, instead of in real time",
      parse: parseRate,
    }),
    rounds: one<number>({ initial: 1 }, {
      flags: "--loop [n]",
      help: "send the file N times, or until Ctrl-C; its time stamps start again each time, which counts as TS errors",
      parse: parseRounds,
      value: Infinity,
    }),
    passphraseFile: one<PassphraseFile | null>({ initial: null }, {
      flags: "--passphrase-file <file>",
      help: "use the first line of this file as passphrase",
      env: "SRT_SPLITTER_PASSPHRASE",
      parse: parsePassphraseFile,
    }),
    quiet: one<boolean>({ initial: false }, {
      flags: "-q, --quiet",
      help: "print failures and warnings only",
      value: true,
    }),
    libsrt: LIBSRT,
    help: HELP,
  },
  examples: [
    ["send test.ts srt://127.0.0.1:9000?streamid=cam1", ""],
    ['send test.ts "srt://host:9000?streamid=cam1&latency=500ms" --loop', ""],
    ["send any.bin srt://[::1]:9000 --rate 8Mbps", ""],
  ],
  exitCodes: {
    0: "the listener acknowledged everything",
    4: "no usable libsrt",
    10: "refused by the listener",
    11: "no answer, or the host name was not found",
    12: "the connection ended before everything was acknowledged",
    130: "stopped by a signal before the end of the file; 0 with an endless --loop",
  },
} as const satisfies CommandSpec;

const INSPECT = {
  name: "inspect",
  summary: "show the TS health of files: errors, services, PIDs",
  description: "Shows the TS health of files: errors of first priority (ETSI TR 101 290), services, PIDs, PCR.",
  table: {
    files: list<string>({}, { flags: "<file...>", help: "transport streams; - is stdin", parse: parsePath }),
    align: one<boolean>({ initial: false }, {
      flags: "--align",
      help: "print how much later than the first file each recording begins, by PCR or wall clock; needs sidecars",
      value: true,
    }),
    format: JSON_LINES("file"),
    help: HELP,
  },
  examples: [
    ["inspect cam1.ts", "errors, tables, PIDs"],
    ["inspect --json *.ts", "for scripts"],
    ["inspect -", "a stream from stdin"],
    ["inspect --align cam1.ts cam2.ts", "how much later cam2.ts begins"],
  ],
  exitCodes: { 0: "every file was read, whatever its health" },
} as const satisfies CommandSpec;

const RECOVER = {
  name: "recover",
  summary: "complete the sidecars (FILE.json) of interrupted recordings",
  description:
    "Completes the sidecars (FILE.json) of recordings that were interrupted: a process was killed, or the power failed.",
  table: {
    folder: one<string>({ initial: "" }, { flags: "<folder>", help: "the folder of recordings", parse: parsePath }),
    format: JSON_LINES("recording"),
    help: HELP,
  },
  examples: [["recover recordings", ""], ["recover recordings --json", "for scripts"]],
  notes: ["Recordings themselves are not changed. Those that are still being written are skipped."],
  exitCodes: { 0: "every sidecar is complete", 1: "a sidecar could not be completed" },
} as const satisfies CommandSpec;

const SESSIONS = {
  name: "sessions",
  summary: "list the running sessions of the listeners on this machine",
  description: "Lists the running sessions of your listeners on this machine, or of one of them.",
  table: {
    address: one<ListenAddress | null>({ initial: null }, {
      flags: "[address]",
      help:
        "the address that the listener was started with; default: every listener of this user, or of all users for root",
      parse: parseListener,
    }),
    watch: one<boolean>({ initial: false }, {
      flags: "--watch",
      help: "list them again each second, until Ctrl-C",
      value: true,
    }),
    format: JSON_LINES("session"),
    help: HELP,
  },
  examples: [
    ["sessions", ""],
    ["sessions --watch", "redrawn each second"],
    ["sessions :9000 --json", "of one listener, for scripts"],
  ],
  notes: ["Rates and sizes are known if the listener shows its table or prints statistics (--stats)."],
  exitCodes: { 0: "listed", 3: "there is no listener, or it does not answer" },
} as const satisfies CommandSpec;

const LISTENER = one<ListenAddress | null>({ initial: null }, {
  flags: "--listener <address>",
  help: "the listener, if several run: the address that it was started with",
  parse: parseListener,
});

const STOP = {
  name: "stop",
  summary: "end sessions, or a listener with all of them",
  description:
    "Ends sessions cleanly: their callers get a SHUTDOWN, and their recordings are complete. Waits until all have ended.",
  table: {
    sessions: list<string>({}, { flags: "[session...]", help: "session IDs or stream names", parse: (text) => text }),
    all: one<boolean>({ initial: false }, {
      flags: "--all",
      help: "stop the listener, with all of its sessions",
      value: true,
    }),
    listener: LISTENER,
    format: JSON_LINES("session that has ended"),
    help: HELP,
  },
  examples: [
    ["stop s3", "one session"],
    ["stop cam1 cam2", "all sessions of two stream names"],
    ["stop --all --listener :9000", "a listener"],
  ],
  exitCodes: {
    0: "all of them have ended",
    1: "there is no such session, or one of them ended with a failure",
    3: "there is no listener, it does not answer, or it ended without confirming a clean stop",
  },
} as const satisfies CommandSpec;

const CUT = {
  name: "cut",
  summary: "begin a new file of running recordings",
  description: "Begins a new file of running recordings. The previous file is then complete, and no packet is lost.",
  table: {
    sessions: list<string>({}, { flags: "<session...>", help: "session IDs or stream names", parse: (text) => text }),
    listener: LISTENER,
    format: JSON_LINES("session that has a new file"),
    help: HELP,
  },
  examples: [["cut s3", "one session"], ["cut cam1 cam2", "all sessions of two stream names"]],
  notes: [
    "The new file begins at the next key frame (without video, at the next PAT), so that both files play on their own. " +
    "If no key frame arrives, it begins after 10 s.",
  ],
  exitCodes: {
    0: "each of them has a new file",
    1: "there is no such session, or it has no new file",
    3: "there is no listener, or it does not answer",
  },
} as const satisfies CommandSpec;

const BAN = {
  name: "ban",
  summary: "end the sessions of a caller, and refuse it from now on",
  description:
    "Ends the sessions of an address or a stream name, and refuses its callers (1403). Without SUBJECT, it lists the bans.",
  table: {
    subject: one<string | null>({ initial: null }, {
      flags: "[subject]",
      help: "an address, a range such as 192.0.2.0/24, or a stream name",
      parse: parseSubject,
    }),
    forMs: one<number | null>({ initial: null }, {
      flags: "--for <time>",
      help: "end the ban after this time; default: when the listener stops",
      parse: parseTime,
    }),
    lift: one<boolean>({ initial: false }, { flags: "--lift", help: "end the ban now", value: true }),
    listener: LISTENER,
    format: JSON_LINES("ban"),
    help: HELP,
  },
  examples: [
    ["ban 192.0.2.7", "an address, until the listener stops"],
    ["ban cam1 --for 10min", "a stream name"],
    ["ban cam1 --lift", ""],
    ["ban", "list the bans"],
  ],
  exitCodes: {
    0: "it is banned and its sessions have ended, the ban is lifted, or the bans are listed",
    1: "there is no such ban to lift, there are too many, or a session ended with a failure",
    3: "there is no listener, or it does not answer",
  },
} as const satisfies CommandSpec;

const WEB = {
  name: "web",
  summary: "serve a running listener by HTTP",
  description:
    "Serves a page with the sessions of a running listener and their live pictures, and an HTTP API, until the listener ends.",
  table: {
    address: one<WebAddress>({ initial: parseWebAddress(DEFAULT_WEB) }, {
      flags: "[address]",
      help: "address to serve on: 127.0.0.1:9080, [::1]:9080 or :9080; other addresses than loopback need a token",
      default: DEFAULT_WEB,
      parse: parseWebAddress,
    }),
    webTokenFile: one<string | null>({ initial: null }, WEB_TOKEN_FILE),
    listener: LISTENER,
    help: HELP,
  },
  examples: [
    ["web", "http://127.0.0.1:9080"],
    ["web :9080 --web-token-file token.txt", "for other machines, too"],
    ["web 127.0.0.1:0 --listener :9000", "one of several listeners"],
  ],
  notes: [
    "Rates and sizes are known if the listener shows its table or prints statistics (--stats). " +
    "What is served: srt-splitter help web",
  ],
  exitCodes: {
    0: "the listener has stopped, or a signal has ended the command",
    3: "there is no listener, it ended without a clean stop, or the address cannot be used",
  },
} as const satisfies CommandSpec;

const CHECK = {
  name: "check",
  summary: "check a configuration file, and which callers it admits",
  description: "Checks whether listen can use a configuration file, and whether it admits a caller.",
  table: {
    config: one<string | null>({ initial: null }, {
      flags: "-c, --config <file>",
      help: "the TOML file to check; required",
      parse: parsePath,
    }),
    stream: one<string | null>({ initial: null }, {
      flags: "--stream <id>",
      help: 'the stream ID of a caller, such as cam1 or "#!::r=cam1,u=anna"; default: none',
      parse: (text) => text,
    }),
    from: one<string | null>({ initial: null }, {
      flags: "--from <address>",
      help: "the numeric address of that caller",
      parse: (text) => text,
    }),
    help: HELP,
  },
  examples: [
    ["check --config splitter.toml", ""],
    ["check --config splitter.toml --stream cam1 --from 192.0.2.7", ""],
  ],
  notes: [
    "Because check changes nothing, it does not find out whether this user may write to the files in the configuration, " +
    "whether the port is free, or whether libsrt can be loaded.",
  ],
  exitCodes: { 0: "the file can be used, and the caller is admitted", 1: "the caller is refused" },
} as const satisfies CommandSpec;

const COMPLETIONS = {
  name: "completions",
  summary: "print a completion script for bash, zsh or fish",
  description: "Prints a script that completes commands, options and values in a shell.",
  table: {
    shell: one<Shell | null>({ initial: null }, {
      flags: "<shell>",
      help: "bash, zsh or fish",
      choices: SHELLS,
      parse: parseChoice(SHELLS),
    }),
    help: HELP,
  },
  examples: [
    ["completions bash >> ~/.bashrc", ""],
    ['completions zsh > "${fpath[1]}/_srt-splitter"', ""],
    ["completions fish > ~/.config/fish/completions/srt-splitter.fish", ""],
  ],
  exitCodes: { 0: "printed" },
} as const satisfies CommandSpec;

const VERSION = {
  name: "version",
  summary: "print the versions of srt-splitter, Deno and libsrt",
  description: "Prints the versions of srt-splitter, Deno and the libsrt that it finds.",
  table: { libsrt: LIBSRT, help: HELP },
  examples: [["version", ""], ["version --libsrt ./libsrt.so.1.5", "of another libsrt"]],
  exitCodes: { 0: "printed", 4: "no usable libsrt" },
} as const satisfies CommandSpec;

const HELP_COMMAND = {
  name: "help",
  summary: "print the help of a command or a page of the manual",
  description: "Prints the help of a command or a page of the manual; without TOPIC, it lists them.",
  table: {
    topic: one<string | null>({ initial: null }, {
      flags: "[topic]",
      help: "a command or a page of the manual",
      parse: (text) => text,
    }),
    help: HELP,
  },
  examples: [["help listen", "a command"], ["help configuration", "a page of the manual"]],
  exitCodes: { 0: "printed" },
} as const satisfies CommandSpec;

/** Every command, in the order of the help text. */
export const COMMANDS = {
  listen: LISTEN,
  record: RECORD,
  send: SEND,
  inspect: INSPECT,
  recover: RECOVER,
  sessions: SESSIONS,
  stop: STOP,
  cut: CUT,
  ban: BAN,
  web: WEB,
  check: CHECK,
  completions: COMPLETIONS,
  version: VERSION,
  help: HELP_COMMAND,
} as const;

/** The name of a command. */
export type CommandName = keyof typeof COMMANDS;

/** The program itself: what can be given without a command. */
export const PROGRAM = {
  name: "",
  summary: "record many SRT callers on one UDP port, each in a process of its own",
  description: "Records many SRT callers on one UDP port, each in a process of its own.",
  table: {
    help: HELP,
    version: one<boolean>({ initial: false }, {
      flags: "-V, --version",
      help: "print the versions of srt-splitter, Deno and libsrt",
      value: true,
    }),
    libsrt: one<string | null>({ initial: null }, {
      flags: "--libsrt <file>",
      help: "with --version: print the version of this libsrt",
      parse: parseLibrary,
    }),
    licenses: one<boolean>({ initial: false }, {
      flags: "--licenses",
      help: "print the licenses of everything inside the executable",
      value: true,
    }),
  },
  examples: [
    ["listen :9000 --out recordings", "record each caller"],
    ["record srt://host:9000 --out rec", "call a listener"],
    ["send a.ts srt://127.0.0.1:9000", "send a file"],
    ["inspect recordings/cam1.ts", "TS health of a file"],
    ["check --config splitter.toml", "check a configuration file"],
    ["help configuration", "a page of the manual"],
  ],
  exitCodes: {},
} as const satisfies CommandSpec;

/** Matches how `sessions` names a `record` command. */
const RECORD_NAME = /^record:(\d{1,9})$/;

/** Reads the address of a running listener, or the name of a `record` command. */
function parseListener(text: string): ListenAddress {
  const number = RECORD_NAME.exec(text)?.[1];
  return number === undefined ? parseAddress(text) : { host: "record", family: null, port: Number(number) };
}

/** Reads what to ban, and returns it in its canonical form. @throws {ValueError} */
function parseSubject(text: string): string {
  try {
    return parseBanSubject(text).subject;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const [problem = "", hint = ""] = cause.message.split("; ");
    throw new ValueError(problem, { hint, cause });
  }
}

function parseRounds(text: string): number {
  try {
    return parseCount(999_999_999)(text);
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw new ValueError(cause.message, { hint: "give a number, or --loop alone to send until Ctrl-C", cause });
  }
}
