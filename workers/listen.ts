/**
 * The listener's role: from the command line to the exit code.
 *
 * Called by: main.ts.
 * Fails: exit codes of mod/cli/exit_code.ts, each with words on stderr; bugs of ours throw.
 *
 * @module
 */

import { parseCommandLine } from "../mod/cli/command_line.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { makePolicy } from "../mod/cli/make_policy.ts";
import type { ListenAddress } from "../mod/cli/listen_address.ts";
import type { ListenSettings } from "../mod/cli/listen_settings.ts";
import { prepareOutputFolder } from "../mod/cli/output_folder.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import { VERSION } from "../mod/cli/version.ts";
import { childCommand } from "../mod/handoff/child_command.ts";
import type { ProbedLibsrt } from "../mod/handoff/contract.ts";
import { probeLibsrt } from "../mod/handoff/probe_libsrt.ts";
import { ListenError } from "../mod/listener/datagram_sockets.ts";
import { Listener } from "../mod/listener/listener.ts";
import type { ListenScope } from "../mod/listener/local_addresses.ts";
import { openLibc } from "../mod/os/libc.ts";
import { EVENT_SCHEMA_VERSION, type Reporter } from "../mod/report/events.ts";
import { JsonLinesReporter } from "../mod/report/json_lines_reporter.ts";
import { LineWriter } from "../mod/report/line_writer.ts";
import { TextReporter } from "../mod/report/text_reporter.ts";
import { runCheck } from "./check.ts";
import type { RoleProcess } from "./process.ts";
import { reloadConfig } from "./reload_config.ts";

/** How long the last lines may wait for a reader that does not read. */
const FLUSH_MS = 2000;

/**
 * Signals so close to each other are one Ctrl-C: the terminal sends it to every process of the command, and `npx` and `deno task`
 * pass theirs on. A person's second press comes later.
 */
const SAME_PRESS_MS = 500;

/** What people and programs read. */
interface Output {
  readonly out: LineWriter;
  readonly err: LineWriter;
}

/** Does what the command line says and returns the exit code. */
export async function runListen(args: readonly string[], process: RoleProcess): Promise<number> {
  const output: Output = { out: new LineWriter(process.writeOut), err: new LineWriter(process.writeErr) };
  const code = await run(args, process, output);
  await output.out.flush(FLUSH_MS);
  await output.err.flush(FLUSH_MS);
  return code;
}

async function run(args: readonly string[], process: RoleProcess, output: Output): Promise<number> {
  try {
    const commandLine = parseCommandLine(args, environment());
    switch (commandLine.command) {
      case "help":
        output.out.write(commandLine.text);
        return EXIT.ok;
      case "version":
        return await printVersions(commandLine.libsrt, output);
      case "listen":
        return await listen(commandLine.settings, { args, process, output });
      case "check":
        return runCheck(commandLine, (text) => output.out.write(text));
      default:
        return commandLine satisfies never;
    }
  } catch (error) {
    if (error instanceof UsageError) return fail(output, error.text, EXIT.usage);
    if (error instanceof ListenError) return fail(output, error.message, EXIT.cannotListen);
    if (error instanceof LibsrtError) return fail(output, error.message, EXIT.noLibsrt);
    throw error;
  }
}

async function printVersions(file: string | null, { out }: Output): Promise<number> {
  out.write(`srt-splitter ${VERSION}\nDeno ${Deno.version.deno}\n`);
  const { version, file: found, embedded, warning } = await findLibsrt(file);
  out.write(`libsrt ${version} (${embedded ? "in this executable" : found})\n`);
  if (warning !== null) out.write(`warning: ${warning}\n`);
  return EXIT.ok;
}

async function listen(
  settings: ListenSettings,
  { args, process, output }: {
    readonly args: readonly string[];
    readonly process: RoleProcess;
    readonly output: Output;
  },
): Promise<number> {
  const reporter = makeReporter(settings, output);
  for (const warning of settings.warnings) reporter.warn(warning);
  const { policy, warnings } = makePolicy(settings);
  for (const warning of warnings) reporter.warn(warning);
  const out = settings.out === null ? null : prepareOutputFolder(settings.out);
  const libsrt = await findLibsrt(settings.libsrt);
  if (libsrt.warning !== null) reporter.warn(libsrt.warning);
  const startedMs = Date.now();
  const listener = Listener.open({
    scope: scopeOf(settings),
    port: settings.port,
    policy,
    session: { out, utc: settings.utc, statsIntervalMs: settings.statsIntervalMs },
    libsrt,
    childCommand: childCommandFor(out),
    libc: openLibc(),
    reporter,
    interfaces: Deno.networkInterfaces,
    now: Date.now,
  });
  reporter.report({
    event: "listening",
    time: new Date(startedMs).toISOString(),
    schema: EVENT_SCHEMA_VERSION,
    version: VERSION,
    pid: Deno.pid,
    port: listener.port,
    addresses: listener.endpoints,
    out,
    libsrt: { version: libsrt.version, file: libsrt.file },
  });
  const reload = settings.config === null ? null : reloadConfig(settings, {
    parse: () => parseCommandLine(args, environment()),
    reporter,
    listener,
  });
  return await runUntilStopped(listener, reporter, { process, startedMs, reload });
}

async function runUntilStopped(
  listener: Listener,
  reporter: Reporter,
  { process, startedMs, reload }: {
    readonly process: RoleProcess;
    readonly startedMs: number;
    /** What SIGHUP does; null: it ends the run, as a terminal that goes away always did. */
    readonly reload: (() => void) | null;
  },
): Promise<number> {
  const { promise: stopped, resolve: finish } = Promise.withResolvers<boolean>();
  let stoppingSinceMs: number | null = null;
  process.onSignals(["SIGINT", "SIGTERM", "SIGHUP"], (signal) => {
    if (signal === "SIGHUP" && reload !== null) return reload();
    if (stoppingSinceMs !== null) {
      if (performance.now() - stoppingSinceMs < SAME_PRESS_MS) return;
      listener.kill();
      return finish(false);
    }
    stoppingSinceMs = performance.now();
    reporter.report({ event: "stopping", time: now(), cause: signal, sessions: listener.sessions });
    listener.stop().then(() => finish(true));
  });
  const clean = await stopped;
  const { sessions, failed, bytes } = listener.tally;
  const { total: refused, byReason: refusals } = listener.refusals;
  const exitCode = clean ? (failed > 0 ? EXIT.sessionFailed : EXIT.ok) : EXIT.interrupted;
  const durationMs = Date.now() - startedMs;
  reporter.report({ event: "stopped", time: now(), durationMs, sessions, failed, refused, refusals, bytes, exitCode });
  return exitCode;
}

function makeReporter({ format, verbosity, utc, passphrases }: ListenSettings, { out, err }: Output): Reporter {
  const writeOut = (text: string) => out.write(text, { canBeMissed: true });
  const writeErr = (text: string) => err.write(text, { canBeMissed: true });
  if (format === "json") return new JsonLinesReporter({ writeOut, writeErr, verbose: verbosity === "verbose" });
  const color = Deno.stdout.isTerminal() && !Deno.noColor && Deno.env.get("TERM") !== "dumb";
  return new TextReporter({ writeOut, writeErr, color, verbosity, utc, encrypted: passphrases.length > 0 });
}

/** No libsrt that can be used. The message says what was tried and what to do. */
class LibsrtError extends Error {
  override readonly name = "LibsrtError";
}

async function findLibsrt(file: string | null): Promise<ProbedLibsrt> {
  const { libsrt, text } = await probeLibsrt(childCommandFor(null), file);
  if (libsrt === null) throw new LibsrtError(text);
  if (libsrt.cookiePredicted) return libsrt;
  throw new LibsrtError(
    `cannot use libsrt ${libsrt.version} (${libsrt.file}): its listeners answer with a cookie that is not the one of ` +
      "libsrt 1.4.2 to 1.5.5, so no caller could be handed to it\nName another one with --libsrt FILE.",
  );
}

function childCommandFor(writable: string | null) {
  const { execPath, mainModule, build, env } = Deno;
  const self = { execPath: execPath(), mainModule, standalone: build.standalone, env: env.get.bind(env) };
  return childCommand(self, writable);
}

function scopeOf({ host, family }: ListenAddress): ListenScope {
  if (host !== null) return { kind: "one", address: host };
  if (family === null) return { kind: "every" };
  return { kind: family === "IPv4" ? "every-ipv4" : "every-ipv6" };
}

function environment() {
  return {
    SRT_SPLITTER_PASSPHRASE: Deno.env.get("SRT_SPLITTER_PASSPHRASE"),
    SRT_SPLITTER_LIBSRT: Deno.env.get("SRT_SPLITTER_LIBSRT"),
  };
}

function fail({ err }: Output, text: string, code: number): number {
  err.write(`srt-splitter: ${text}\n`);
  return code;
}

function now(): string {
  return new Date().toISOString();
}
