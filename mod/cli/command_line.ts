/**
 * Reads the command line and the environment: the command, and its settings.
 *
 * @module
 */

import { parseAddressRange } from "../admission/address_range.ts";
import { maskSecrets } from "../packet/secret_text.ts";
import { type ListenAddress, refusePassphrase } from "./address.ts";
import { type Arguments, asksForHelp, readArguments } from "./arguments.ts";
import type { CallerAddress } from "./caller_address.ts";
import { type CommandName, COMMANDS, PROGRAM, type Shell } from "./commands.ts";
import {
  libraryOf,
  type ListenSettings,
  listenSettings,
  recordSettings,
  type SettingSources,
} from "./listen_settings.ts";
import { nearestKey } from "./nearest_key.ts";
import { quotedAddress } from "./quoted_address.ts";
import { type Environment, type PassphraseSource, passphraseVariable } from "./passphrase.ts";
import { UsageError } from "./usage_error.ts";
import { requireToken, type WebAddress } from "./web_option.ts";

/** The settings of a `send` run. */
export interface SendSettings {
  /** As it was given. */
  readonly file: string;
  readonly address: CallerAddress;
  /** In bit/s; null: by the clock of the stream. */
  readonly bitsPerSecond: number | null;
  /** How many times the file is sent; `Infinity`: again and again until the run is stopped. */
  readonly rounds: number;
  /** Null: not encrypted. */
  readonly passphrase: PassphraseSource | null;
  /** Prints failures and warnings only. */
  readonly quiet: boolean;
  /** libsrt to load; null: search for it. */
  readonly libsrt: string | null;
}

/** The settings of an `inspect` run. */
export interface InspectSettings {
  /** Paths as they were given, at least one; `-` is stdin. */
  readonly files: readonly string[];
  /** Whether to print how much later than the first file each recording begins, instead of the TS health. */
  readonly align: boolean;
  readonly format: "text" | "json";
}

/** The settings of a `recover` run. */
export interface RecoverSettings {
  /** As it was given. */
  readonly folder: string;
  readonly format: "text" | "json";
}

/** The settings of every command to a running listener. */
export interface ControlSettings {
  /** The address that the listener was started with. Null: for `sessions`, all listeners of this user; otherwise, the only one. */
  readonly listener: ListenAddress | null;
  readonly format: "text" | "json";
}

/** The settings of `sessions`. */
export interface SessionsSettings extends ControlSettings {
  /** Whether the list is printed again and again. */
  readonly watch: boolean;
}

/** The settings of `stop`. */
export interface StopSettings extends ControlSettings {
  /** Session IDs and stream names, at least one; null: the listener with all sessions. */
  readonly sessions: readonly string[] | null;
}

/** The settings of `cut`. */
export interface CutSettings extends ControlSettings {
  /** Session IDs and stream names, at least one. */
  readonly sessions: readonly string[];
}

/** The settings of `ban`. */
export interface BanSettings extends ControlSettings {
  /** The addresses or the stream name to ban; null: bans are listed. */
  readonly subject: string | null;
  /** How long the ban is in force, in ms; null: until the listener stops. */
  readonly forMs: number | null;
  /** Whether the ban is lifted. */
  readonly lift: boolean;
}

/** The settings of `web`. */
export interface WebSettings {
  readonly address: WebAddress;
  /** As it was given; null: no token is needed. */
  readonly tokenFile: string | null;
  /** The address that the listener was started with; null: the only one of this user. */
  readonly listener: ListenAddress | null;
}

/** A caller to check the rules with. */
export interface CheckQuestion {
  /** Its whole stream ID; empty: none. */
  readonly streamId: string;
  /** Its numeric address. */
  readonly from: string;
}

/** A command with its settings. */
export type CommandLine =
  | { readonly command: "listen"; readonly settings: ListenSettings }
  | { readonly command: "record"; readonly settings: ListenSettings }
  | { readonly command: "inspect"; readonly settings: InspectSettings }
  | { readonly command: "recover"; readonly settings: RecoverSettings }
  | { readonly command: "sessions"; readonly settings: SessionsSettings }
  | { readonly command: "stop"; readonly settings: StopSettings }
  | { readonly command: "cut"; readonly settings: CutSettings }
  | { readonly command: "ban"; readonly settings: BanSettings }
  | { readonly command: "web"; readonly settings: WebSettings }
  | { readonly command: "send"; readonly settings: SendSettings }
  /** Checks the configuration file and, if `question` is not null, whether it admits that caller. */
  | { readonly command: "check"; readonly settings: ListenSettings; readonly question: CheckQuestion | null }
  | { readonly command: "completions"; readonly shell: Shell }
  /** Prints the help of a command; null: of the program. */
  | { readonly command: "help"; readonly of: CommandName | null }
  /** Prints a page of the manual; null: the list of all commands and pages. */
  | { readonly command: "manual"; readonly topic: string | null }
  /** There is no command: prints the usage on stderr, and fails. */
  | { readonly command: "usage" }
  | { readonly command: "licenses" }
  /** `libsrt`: the library to check; null: the one that a search finds. */
  | { readonly command: "version"; readonly libsrt: string | null };

/**
 * Reads a command line.
 *
 * @param argv Arguments without the name of the program (`Deno.args`)
 * @param sources `env`: the environment, of which only the variables of {@linkcode Environment} are read
 * @throws {UsageError}
 */
export function parseCommandLine(argv: readonly string[], sources: SettingSources): CommandLine {
  const { env } = sources;
  refusePassphraseOption(argv);
  const { values, given, rest: [name, ...rest] } = readArguments(PROGRAM, argv);
  if (values.help) return { command: "help", of: null };
  if (name === undefined) {
    if (values.version) return { command: "version", libsrt: values.libsrt ?? libraryOf(env) };
    if (values.licenses) return { command: "licenses" };
    return { command: "usage" };
  }
  if (!isCommand(name)) throw unknownCommand(name);
  const [misplaced] = given;
  if (misplaced !== undefined) {
    throw new UsageError(`cannot use ${misplaced.as} before a command`, {
      hint: `write srt-splitter ${name} ${misplaced.as}, or srt-splitter ${misplaced.as} alone`,
    });
  }
  return readCommand(name, rest, sources);
}

function readCommand(name: CommandName, argv: readonly string[], sources: SettingSources): CommandLine {
  const { env } = sources;
  if (asksForHelp(COMMANDS[name], argv)) return { command: "help", of: name };
  switch (name) {
    case "listen":
      return { command: "listen", settings: listenSettings(readArguments(COMMANDS.listen, argv).given, sources) };
    case "record": {
      const { given, values: { pulls, passphraseFile } } = readArguments(COMMANDS.record, argv);
      const passphrase = passphraseFile ?? passphraseVariable(env);
      return { command: "record", settings: recordSettings(given, pulls, { env, passphrase }) };
    }
    case "send":
      return { command: "send", settings: sendSettings(readArguments(COMMANDS.send, argv), env) };
    case "inspect": {
      const { files, align, format } = readArguments(COMMANDS.inspect, argv).values;
      return { command: "inspect", settings: { files, align, format } };
    }
    case "recover": {
      const { folder, format } = readArguments(COMMANDS.recover, argv).values;
      return { command: "recover", settings: { folder, format } };
    }
    case "sessions": {
      const { address, watch, format } = readArguments(COMMANDS.sessions, argv).values;
      return { command: "sessions", settings: { listener: address, watch, format } };
    }
    case "stop":
      return { command: "stop", settings: stopSettings(readArguments(COMMANDS.stop, argv)) };
    case "cut": {
      const { sessions, listener, format } = readArguments(COMMANDS.cut, argv).values;
      return { command: "cut", settings: { sessions, listener, format } };
    }
    case "ban":
      return { command: "ban", settings: banSettings(readArguments(COMMANDS.ban, argv)) };
    case "web": {
      const { address, webTokenFile: tokenFile, listener } = readArguments(COMMANDS.web, argv).values;
      requireToken({ kind: "argument", name: "the web interface" }, address, tokenFile);
      return { command: "web", settings: { address, tokenFile, listener } };
    }
    case "check":
      return readCheck(readArguments(COMMANDS.check, argv), sources);
    case "completions": {
      const { shell } = readArguments(COMMANDS.completions, argv).values;
      if (shell === null) throw new TypeError("cannot complete: the shell was not read");
      return { command: "completions", shell };
    }
    case "version":
      return { command: "version", libsrt: readArguments(COMMANDS.version, argv).values.libsrt ?? libraryOf(env) };
    case "help": {
      const { topic } = readArguments(COMMANDS.help, argv).values;
      return topic !== null && isCommand(topic) && topic !== NAME_OF_PAGE
        ? { command: "help", of: topic }
        : { command: "manual", topic };
    }
  }
}

/** The command with the same name as a page of the manual: `help web` prints the page, and `web --help` the help of the command. */
const NAME_OF_PAGE = "web" satisfies CommandName;

function sendSettings({ values }: Arguments<typeof COMMANDS.send.table>, env: Environment): SendSettings {
  const { file, address, bitsPerSecond, rounds, passphraseFile, quiet, libsrt } = values;
  if (address === null) throw new TypeError("cannot send: the address was not read");
  return {
    file,
    address,
    bitsPerSecond,
    rounds,
    passphrase: passphraseFile ?? passphraseVariable(env),
    quiet,
    libsrt: libsrt ?? libraryOf(env),
  };
}

function stopSettings({ values }: Arguments<typeof COMMANDS.stop.table>): StopSettings {
  const { sessions, all, listener, format } = values;
  if (all === sessions.length > 0) {
    throw new UsageError(all ? "cannot use --all with sessions" : "cannot run stop: no session was named", {
      hint: "name sessions (srt-splitter stop s3 cam1), or give --all alone to stop the listener too",
    });
  }
  return { sessions: all ? null : sessions, listener, format };
}

function banSettings({ values }: Arguments<typeof COMMANDS.ban.table>): BanSettings {
  const { subject, forMs, lift, listener, format } = values;
  if (subject === null && (lift || forMs !== null)) {
    throw new UsageError(`cannot use ${lift ? "--lift" : "--for"}: no address and no stream name was given`, {
      hint: "write srt-splitter ban 192.0.2.7, or give no option to list the bans",
    });
  }
  if (lift && forMs !== null) {
    throw new UsageError("cannot use --for with --lift", { hint: "a ban is lifted at once: omit --for" });
  }
  return { subject, forMs, lift, listener, format };
}

function readCheck({ values }: Arguments<typeof COMMANDS.check.table>, sources: SettingSources): CommandLine {
  const { config, stream, from } = values;
  if (config === null) {
    throw new UsageError("cannot run check: --config is missing", {
      hint: "name a file: srt-splitter check --config splitter.toml",
    });
  }
  const question = stream === null && from === null ? null : questionOf(stream ?? "", from);
  const { given } = readArguments(COMMANDS.listen, ["--config", config]);
  return { command: "check", settings: listenSettings(given, sources), question };
}

function questionOf(streamId: string, from: string | null): CheckQuestion {
  if (from === null) {
    throw new UsageError("cannot check a caller without its address", {
      hint: "add its numeric address: --from 192.0.2.7",
    });
  }
  try {
    if (from.includes("/")) throw new RangeError(`${JSON.stringify(from)} is a range`);
    parseAddressRange(from);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UsageError(`cannot use --from: ${cause.message.replace(/;.*/s, "")}`, {
      hint: "give one numeric address, such as 192.0.2.7 or 2001:db8::7",
      cause,
    });
  }
  return { streamId, from };
}

/** A passphrase in argv is refused before anything else reads it, so that no message can repeat it. */
function refusePassphraseOption(argv: readonly string[]): void {
  if (argv.some((argument) => /^--?passphrase(=|$)/i.test(argument))) refusePassphrase("on the command line");
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

function unknownCommand(typed: string): UsageError {
  // without what follows the port of an address, which may hold a passphrase
  const name = maskSecrets(typed.replace(/[?=#;,\s].*$/s, ""));
  const near = nearestKey(name, Object.keys(COMMANDS));
  const isAddress = /^\S*:\d*$|^\d+$/.test(name);
  const suggestion = isAddress
    ? `did you mean srt-splitter listen ${name}? `
    : near === null
    ? ""
    : `did you mean ${near}? `;
  return new UsageError(`there is no command ${typed.includes("://") ? quotedAddress(typed) : JSON.stringify(name)}`, {
    hint: `${suggestion}all commands: srt-splitter --help`,
  });
}
