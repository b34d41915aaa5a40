/**
 * The option table of `listen`. The command line, the configuration file, the help text, the manual, the completions and the
 * effect of SIGHUP all follow from it.
 *
 * @module
 */

import { type AddressRange, parseAddressRange } from "../admission/address_range.ts";
import { type NamePattern, parseNamePattern, parseStreamName } from "../admission/name_pattern.ts";
import type { OnReturn, Rule } from "../admission/policy.ts";
import { type Hook, HOOK_NAMES, type HookCommand, type HookName } from "../hooks/contract.ts";
import type { CommandTemplate } from "../recording/command_template.ts";
import { DEFAULT_TEMPLATE, type NameTemplate } from "../recording/name_template.ts";
import type { UdpTemplate } from "../recording/udp_template.ts";
import type { OnFull } from "../retention/plan.ts";
import type { Expectation } from "../run/expectation.ts";
import { parseAddress, type ParsedAddress } from "./address.ts";
import { parseCommandOption } from "./command_template.ts";
import { type ForwardTarget, parseForward } from "./forward_option.ts";
import { parseHook, parseHookCommand, parseHookName, parseWebhook } from "./hook_option.ts";
import { parseNameTemplate } from "./name_template.ts";
import { HELP, list, one, type ValuesOf } from "./option.ts";
import { parseExpectation } from "./parse_expectation.ts";
import { MAX_PASSPHRASES, parsePassphraseFile, type PassphraseFile } from "./passphrase.ts";
import { parsePull, parsePullName, type PullTarget } from "./pull_option.ts";
import { parseSrtOption, parseStreamSrtOption, type SrtOption } from "./srt_option.ts";
import { parseUdpTemplate } from "./udp_template.ts";
import { DEFAULT_WEB, parseWebAddress, WEB_TOKEN_FILE, type WebAddress } from "./web_option.ts";
import { lineOf, type Place, ValueError } from "./usage_error.ts";
import {
  parseChoice,
  parseCount,
  parseCountOrZero,
  parseHookTimeout,
  parseIdle,
  parseKeep,
  parseLatency,
  parseLibrary,
  parseOut,
  parsePath,
  parseRejoin,
  parseSegmentTime,
  parseSize,
  parseStatsInterval,
  parseTime,
  parseTimeOfDay,
} from "./values.ts";

/** The maximum of every limit of sessions: the number of ports from which the callers of one address can call. */
const MAX_SESSIONS = 65_535;

/** Our choice: more callers at the same moment wait for a processor anyway. */
const MAX_SPARES = 100;

/** Our choice: each command adds a process to each session. */
const MAX_COMMANDS = 8;
/** Our choice: the payload is sent once more for each target. */
const MAX_TARGETS = 8;

/** Our choice: enough for several hooks for each event. */
const MAX_HOOKS = 32;

/** Our choice: more processes would compete with the sessions. */
const MAX_HOOKS_AT_ONCE = 64;

const ON_FULL: readonly OnFull[] = ["stop", "oldest"];
const ON_RETURN: readonly OnReturn[] = ["new-file", "take-over", "refuse"];

/** The sidecar of a recording: whether there is one, and the checksum in it. */
export interface SidecarSettings {
  readonly sidecar: boolean;
  /** Null: none. */
  readonly checksum: "sha256" | null;
}

/** The table. {@linkcode STREAM_KEYS} refers to the settings that are the same in a [[stream]] table. */
export const LISTEN_OPTIONS = {
  address: one<ParsedAddress>({ initial: parseAddress("") }, {
    flags: "[address]",
    help: "address to listen on: :9000, 127.0.0.1:9000, [::1]:9000 or srt://:9000; port 0 is any free port",
    default: ":9000",
    parse: parseAddress,
  }),
  config: one<string | null>({ initial: null, inFile: false }, {
    flags: "-c, --config <file>",
    help: "read these options, streams and users from a TOML file; SIGHUP reloads it",
    parse: parsePath,
  }),
  replace: one<boolean>({ initial: false, inFile: false }, {
    flags: "--replace",
    help: "take over from a running srt-splitter of the same user that has the same addresses, with its sessions",
    value: true,
  }),
  help: HELP,
  out: one<string | null>({ topic: "Recording", initial: null }, {
    flags: "-o, --out <dir>",
    help:
      "record into this folder, one .ts file per session; it is created if it is missing; with - in place of DIR, one session is written to stdout",
    parse: parseOut,
  }),
  template: one<NameTemplate>({ topic: "Recording", initial: DEFAULT_TEMPLATE }, {
    flags: "--name <template>",
    help: "template for the names of recordings, a path below --out, such as {stream}/{date}/{stream}_{time}.ts",
    default: "{stream}_{date}_{time}.ts",
    parse: parseNameTemplate,
  }),
  sidecar: one<SidecarSettings>({ topic: "Recording", initial: { sidecar: true, checksum: null } }, {
    flags: "--no-sidecar",
    help: "do not write a sidecar, FILE.json, beside each recording",
    value: { sidecar: false, checksum: null },
  }, {
    flags: "--checksum <algorithm>",
    help: "add a checksum (sha256) of each recording to its sidecar, and to recordings.sha256 in its folder",
    choices: ["sha256"],
    parse: (text) => ({ sidecar: true, checksum: parseChoice(["sha256"] as const)(text) }),
  }),
  commands: list<CommandTemplate>({ topic: "Recording", maxItems: MAX_COMMANDS }, {
    flags: "--pipe <command>",
    help: "start this command for each session, with the payload on its stdin; fields as in --name; can be repeated",
    parse: parseCommandOption,
  }),
  restarts: one<boolean>({ topic: "Recording", initial: false }, {
    flags: "--pipe-restart",
    help: "start a command of --pipe again if it ends during the session",
    value: true,
  }),
  udp: list<UdpTemplate>({ topic: "Recording", maxItems: MAX_TARGETS }, {
    flags: "--udp <target>",
    help: "send the payload of each session by UDP to this address and port, unicast or multicast, such as " +
      "239.1.1.1:5000?ttl=4&iface=eth1; fields as in --name; can be repeated",
    parse: parseUdpTemplate,
  }),
  forwards: list<ForwardTarget>({ topic: "Recording", maxItems: MAX_TARGETS }, {
    flags: "--forward <address>",
    help: "send the payload of each session to this SRT listener, such as srt://192.0.2.9:9000?streamid={stream}, " +
      "and call it again if the connection ends; can be repeated",
    parse: parseForward,
  }),
  rejoinMs: one<number | null>({ topic: "Recording", initial: null }, {
    flags: "--rejoin <time>",
    help:
      "if a stream name returns within this time after the end of its session, such as 30s, continue its recording in " +
      "the same file; at most 50s",
    parse: parseRejoin,
  }),
  segmentMs: one<number | null>({ topic: "Recording", initial: null }, {
    flags: "--segment <time>",
    help:
      "start a new file after this time, such as 10min (at least 1s), at a point from which a player can start; no byte is lost",
    parse: parseSegmentTime,
  }),
  segmentBytes: one<number | null>({ topic: "Recording", initial: null }, {
    flags: "--segment-size <size>",
    help: "start a new file after this size, such as 2GB, at least 1MB",
    parse: parseSize,
  }),
  segmentAligned: one<boolean>({ topic: "Recording", initial: false }, {
    flags: "--segment-align",
    help: "count the time of --segment from midnight: with 15min, a new file starts at each quarter of an hour",
    value: true,
  }),
  segmentAtMs: list<number>({ topic: "Recording" }, {
    flags: "--segment-at <time>",
    help: "start a new file at this time of each day, such as 00:00 or 23:59:30; can be repeated",
    parse: parseTimeOfDay,
  }),
  keepMs: one<number | null>({ topic: "Recording", initial: null, isReloaded: true }, {
    flags: "--keep <time>",
    help: "delete finished recordings that ended longer ago than this, such as 7d, at least 1min",
    parse: parseKeep,
  }),
  keepBytes: one<number | null>({ topic: "Recording", initial: null, isReloaded: true }, {
    flags: "--keep-size <size>",
    help:
      "delete the oldest finished recordings if all recordings together are larger than this, such as 500GB, at least 1MB",
    parse: parseSize,
  }),
  minFreeBytes: one<number | null>({ topic: "Recording", initial: null, isReloaded: true }, {
    flags: "--min-free <size>",
    help: "begin no new session while less than this is free on the disk of --out, such as 20GB, at least 1MB",
    default: "16MiB, or 5 % of a disk smaller than 320 MiB",
    parse: parseSize,
  }),
  onFull: one<OnFull | null>({ topic: "Recording", initial: null, isReloaded: true }, {
    flags: "--on-full <action>",
    help: "when --min-free is reached: stop (warn, and begin no new session) or oldest (delete the oldest finished " +
      "recordings, and stop only if there are none)",
    default: "stop",
    choices: ON_FULL,
    parse: parseChoice(ON_FULL),
  }),
  analyze: one<boolean>({ topic: "Recording", initial: true }, {
    flags: "--no-analyze",
    help: "do not check transport streams for errors: no TS health in printed lines, events and sidecars",
    value: false,
  }),
  utc: one<boolean>({ topic: "Recording", initial: false }, {
    flags: "--utc",
    help: "use UTC instead of local time in file names and printed lines",
    value: true,
  }),
  latencyMs: one<number | null>({ topic: "Connection", initial: null, isReloaded: true }, {
    flags: "--latency <time>",
    help:
      "receiver latency, such as 200ms or 2s, at most 60s; a bare number is in ms; the larger of both sides applies",
    default: "120ms",
    parse: parseLatency,
  }),
  idleMs: one<number | null>({ topic: "Connection", initial: null, isReloaded: true }, {
    flags: "--idle <time>",
    help: "end a session that receives no payload for this long, 1s to 24h; 0 for no limit",
    default: "1min",
    parse: parseIdle,
  }),
  passphraseFiles: list<PassphraseFile>({ topic: "Connection", isReloaded: true, maxItems: MAX_PASSPHRASES }, {
    flags: "--passphrase-file <file>",
    help: `use the first line of this file as passphrase; up to ${MAX_PASSPHRASES} files can be given`,
    env: "SRT_SPLITTER_PASSPHRASE",
    parse: parsePassphraseFile,
  }),
  srt: list<SrtOption>({ topic: "Connection", isReloaded: true, itemKey: ({ name }) => name }, {
    flags: "--srt <option>",
    help:
      "set an SRT option of all sessions, such as lossmaxttl=40; can be repeated; list: srt-splitter help srt-options",
    parse: parseSrtOption,
  }),
  libsrt: one<string | null>({ topic: "Connection", initial: null }, {
    flags: "--libsrt <file>",
    help: "load this libsrt",
    env: "SRT_SPLITTER_LIBSRT",
    parse: parseLibrary,
  }),
  spares: one<number>({ topic: "Connection", initial: 2, isReloaded: true }, {
    flags: "--spares <n>",
    help: `keep this many processes waiting, so that sessions begin without delay; at most ${MAX_SPARES}, 0 for none`,
    default: "2",
    parse: parseCountOrZero(MAX_SPARES),
  }),
  names: list<Rule<NamePattern>>({ topic: "Admission", isReloaded: true, isMerged: true }, {
    flags: "--allow <pattern>",
    help: 'admit only stream names that match, such as "cam*"; can be repeated',
    parse: rule({ allow: true, option: "allow", parse: parseNamePattern }),
  }, {
    flags: "--deny <pattern>",
    help: "refuse stream names that match; can be repeated",
    parse: rule({ allow: false, option: "deny", parse: parseNamePattern }),
  }),
  addresses: list<Rule<AddressRange>>({ topic: "Admission", isReloaded: true, isMerged: true }, {
    flags: "--allow-from <range>",
    help:
      "admit only callers from this address or range, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32; can be repeated",
    parse: rule({ allow: true, option: "allow-from", parse: parseAddressRange }),
  }, {
    flags: "--deny-from <range>",
    help: "refuse callers from this address or range; can be repeated",
    parse: rule({ allow: false, option: "deny-from", parse: parseAddressRange }),
  }),
  maxSessions: one<number | null>({ topic: "Admission", initial: null, isReloaded: true }, {
    flags: "--max-sessions <n>",
    help: "refuse callers beyond this number of sessions at the same time",
    default: "no limit",
    parse: parseCount(MAX_SESSIONS),
  }),
  maxPerAddress: one<number | null>({ topic: "Admission", initial: null, isReloaded: true }, {
    flags: "--max-per-address <n>",
    help: "refuse callers beyond this number of sessions from the same address",
    default: "no limit",
    parse: parseCount(MAX_SESSIONS),
  }),
  relays: list<AddressRange>({ topic: "Admission", isReloaded: true }, {
    flags: "--relay <range>",
    help:
      "the address or range of a relay, such as srtla_rec, which forwards many callers: it is exempt from the limits per address; " +
      "can be repeated",
    parse: withHint(parseAddressRange),
  }),
  maxPerStream: one<number | null>({ topic: "Admission", initial: null, isReloaded: true }, {
    flags: "--max-per-stream <n>",
    help: "refuse callers beyond this number of sessions with the same stream name",
    default: "no limit",
    parse: parseCount(MAX_SESSIONS),
  }),
  onReturn: one<OnReturn | null>({ topic: "Admission", initial: null, isReloaded: true }, {
    flags: "--on-return <action>",
    help: "if the stream name is in use: new-file (both are recorded), take-over (the running session ends) or refuse",
    default: "new-file",
    choices: ON_RETURN,
    parse: parseChoice(ON_RETURN),
  }),
  hooks: list<Hook>({ topic: "Hooks", isReloaded: true, isMerged: true, maxItems: MAX_HOOKS }, {
    flags: "--on <event=command>",
    help: "start this command for each such event, with the event as JSON on its stdin; can be repeated; " +
      `events: ${HOOK_NAMES.join(", ")}`,
    parse: parseHook,
  }),
  hooksAtOnce: one<number>({ topic: "Hooks", initial: 4, isReloaded: true }, {
    flags: "--hooks-at-once <n>",
    help: `run this many commands of hooks at the same time, at most ${MAX_HOOKS_AT_ONCE}; the others wait`,
    default: "4",
    parse: parseCount(MAX_HOOKS_AT_ONCE, "the default of 4"),
  }),
  hookTimeoutMs: one<number>({ topic: "Hooks", initial: 60_000, isReloaded: true }, {
    flags: "--hook-timeout <time>",
    help: "end a command of a hook that runs for longer than this, 1s to 24h",
    default: "1min",
    parse: parseHookTimeout,
  }),
  webhook: one<string | null>({ topic: "Hooks", initial: null }, {
    flags: "--webhook <url>",
    help: "post each event for hooks to this URL, as JSON, and try again while it cannot be delivered",
    parse: parseWebhook,
  }),
  webhookSecretFile: one<string | null>({ topic: "Hooks", initial: null }, {
    flags: "--webhook-secret-file <file>",
    help: "sign what is posted (HMAC-SHA-256); the key is the first line of this file",
    parse: parsePath,
  }),
  web: one<WebAddress | null>({ topic: "Web", initial: null }, {
    flags: "--web [address]",
    help:
      "serve a page with live pictures, and an HTTP API, from a process of its own; an address other than loopback " +
      `needs --web-token-file; without ADDRESS: ${DEFAULT_WEB}`,
    parse: parseWebAddress,
    value: parseWebAddress(DEFAULT_WEB),
  }),
  webTokenFile: one<string | null>({ topic: "Web", initial: null }, WEB_TOKEN_FILE),
  statsInterval: one<number | null>({ topic: "Output", initial: null, isReloaded: true }, {
    flags: "--stats <time>",
    help: "report statistics of each session at this interval, 100ms to 24h; 0 for none",
    default: "0, or 5s without --out",
    parse: parseStatsInterval,
  }),
  format: one<"text" | "json">({ topic: "Output", initial: "text" }, {
    flags: "--json",
    help: "print events as JSON, one object per line, and nothing else on stdout",
    value: "json",
  }),
  verbosity: one<"quiet" | "normal" | "verbose">({ topic: "Output", initial: "normal" }, {
    flags: "-q, --quiet",
    help: "print failures and warnings only",
    value: "quiet",
  }, {
    flags: "-v, --verbose",
    help: "print details on stderr",
    value: "verbose",
  }),
  sessions: one<number | null>({ topic: "Scripts and CI", initial: null }, {
    flags: "--sessions <n>",
    help: "stop after this number of sessions has ended",
    parse: parseCount(1_000_000_000),
  }),
  forMs: one<number | null>({ topic: "Scripts and CI", initial: null }, {
    flags: "--for <time>",
    help: "stop after this time",
    parse: parseTime,
  }),
  waitMs: one<number | null>({ topic: "Scripts and CI", initial: null }, {
    flags: "--wait <time>",
    help: "stop and fail if no session begins within this time",
    parse: parseTime,
  }),
  expectedStreams: one<readonly string[]>({ topic: "Scripts and CI", initial: [] }, {
    flags: "--expect-streams <names>",
    help:
      "show which of these stream names, such as cam1,cam2, have no session; with --wait: fail if one has none within that time",
    parse: withHint(parseStreamNames),
  }),
  idleExitMs: one<number | null>({ topic: "Scripts and CI", initial: null }, {
    flags: "--idle-exit <time>",
    help: "stop when there has been no session for this long, after the first one",
    parse: parseTime,
  }),
  expectations: list<Expectation>({ topic: "Scripts and CI" }, {
    flags: "--expect <condition>",
    help: 'fail if this condition is false at the end, such as "bytes>=10MB"; can be repeated',
    parse: parseExpectation,
  }),
  junit: one<string | null>({ topic: "Scripts and CI", initial: null }, {
    flags: "--junit <file>",
    help:
      "write a JUnit report at the end: cases for sessions, failed connections without payload, expectations and --wait",
    parse: parsePath,
  }),
  summary: one<string | null>({ topic: "Scripts and CI", initial: null }, {
    flags: "--summary <file>",
    help: "write a summary of the run as JSON at the end",
    parse: parsePath,
  }),
  readyFile: one<string | null>({ topic: "Scripts and CI", initial: null }, {
    flags: "--ready-file <file>",
    help: "write the event listening into this file, as JSON, as soon as sessions can begin",
    parse: parsePath,
  }),
} as const;

/** Parses stream names with commas between them. @throws {RangeError} */
function parseStreamNames(text: string): readonly string[] {
  return [...new Set(text.split(",").map(parseStreamName))];
}

/** The values of the table. */
export type ListenValues = ValuesOf<typeof LISTEN_OPTIONS>;

/** Keys of a [[stream]] table, which applies to the sessions whose stream names it matches. */
export const STREAM_KEYS = {
  name: one<NamePattern | null>({ initial: null }, {
    flags: "name <pattern>",
    help: "the stream names that the table applies to; the only key that is required",
    parse: withHint(parseNamePattern),
  }),
  as: one<string | null>({ initial: null }, {
    flags: "as <name>",
    help: "the name to use in file names, events and rules if `name` is a stream key, which is a secret",
    parse: withHint(parseStreamName),
  }),
  from: list<AddressRange>({}, {
    flags: "from <range>",
    help: "the addresses that may use these names",
    parse: withHint(parseAddressRange),
  }),
  passphraseFiles: LISTEN_OPTIONS.passphraseFiles,
  latencyMs: LISTEN_OPTIONS.latencyMs,
  maxPerStream: one<number | null>({ initial: null }, {
    flags: "max-sessions <n>",
    help: "refuse callers beyond this number of sessions with the same stream name",
    parse: parseCount(MAX_SESSIONS, "the limit of max-per-stream"),
  }),
  idleMs: LISTEN_OPTIONS.idleMs,
  onReturn: LISTEN_OPTIONS.onReturn,
  srt: list<SrtOption>({ itemKey: ({ name }) => name }, {
    flags: "srt <options>",
    help:
      "SRT options of the sessions with one of these names, such as { lossmaxttl = 40 }; list: srt-splitter help srt-options",
    parse: parseStreamSrtOption,
  }),
} as const;

/** Keys of a [[user]] table, which sets the passphrase of callers with `u=NAME` in their stream ID. */
export const USER_KEYS = {
  name: one<string | null>({ initial: null }, {
    flags: "name <user>",
    help: "the name of the user, not a pattern; required",
    parse: (text) => text,
  }),
  passphraseFiles: {
    ...LISTEN_OPTIONS.passphraseFiles,
    forms: LISTEN_OPTIONS.passphraseFiles.forms.map((form) => ({ ...form, help: `${form.help}; required` })),
  },
} as const;

/** Keys of a [[hook]] table, which is the same as `--on` with a time limit of its own. */
export const HOOK_KEYS = {
  events: list<HookName>({ maxItems: HOOK_NAMES.length }, {
    flags: "on <events>",
    help: `one event or a list of them: ${HOOK_NAMES.join(", ")}; required`,
    parse: parseHookName,
  }),
  command: one<HookCommand | null>({ initial: null }, {
    flags: "command <command>",
    help: "the command to start, as in --on; required",
    parse: parseHookCommand,
  }),
  timeoutMs: one<number | null>({ initial: null }, {
    flags: "timeout <time>",
    help: "end the command if it runs for longer than this, 1s to 24h; default: hook-timeout",
    parse: parseHookTimeout,
  }),
} as const;

/** Keys of a [[pull]] table: a listener that is called, and recorded while it sends. */
export const PULL_KEYS = {
  target: one<PullTarget | null>({ initial: null }, {
    flags: "url <address>",
    help: "the listener to call, as for srt-splitter record; required",
    parse: parsePull,
  }),
  name: one<string | null>({ initial: null }, {
    flags: "name <name>",
    help: "the stream name of its sessions; default: the name in its stream ID, or its host and port",
    parse: parsePullName,
  }),
  passphraseFile: one<PassphraseFile | null>({ initial: null }, {
    flags: "passphrase-file <file>",
    help: "use the first line of this file as passphrase",
    parse: parsePassphraseFile,
  }),
  latencyMs: one<number | null>({ initial: null }, {
    flags: "latency <time>",
    help: "receiver latency; default: that in the URL, or that of --latency",
    parse: parseLatency,
  }),
} as const;

const {
  address: _address,
  config: _config,
  passphraseFiles: _passphraseFiles,
  names: _names,
  addresses: _addresses,
  maxSessions: _maxSessions,
  maxPerAddress: _maxPerAddress,
  relays: _relays,
  maxPerStream: _maxPerStream,
  onReturn: _onReturn,
  ...notAboutCallers
} = LISTEN_OPTIONS;

/** The settings of `listen` that `record` has too: all except the address, the configuration file, and those about callers. */
export const RECORDING_OPTIONS = notAboutCallers;

/**
 * Returns a parser of `--allow`, `--deny`, `--allow-from` or `--deny-from`. Each rule names its option, and a rule in a file also
 * its line.
 */
function rule<Test>({ allow, option, parse }: {
  readonly allow: boolean;
  readonly option: string;
  readonly parse: (text: string) => Test;
}): (text: string, place: Place) => Rule<Test> {
  const read = withHint(parse);
  return (text, place) => {
    const [name, where] = place.kind === "argument" ? [`--${option}`, ""] : [option, ` ${lineOf(place)}`];
    return { allow, test: read(text), source: `${name} ${JSON.stringify(text)}${where}`, option: `${name}${where}` };
  };
}

/** Returns a parser that throws a ValueError if `parse` throws a RangeError with `PROBLEM; HINT`. */
function withHint<Value>(parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return parse(text);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      const [problem = "", hint = "see srt-splitter help configuration"] = cause.message.split("; ");
      throw new ValueError(problem, { hint, cause });
    }
  };
}
