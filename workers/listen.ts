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
import { licenseTexts } from "../mod/cli/license_texts.ts";
import type { ListenAddress } from "../mod/cli/listen_address.ts";
import type { ListenSettings } from "../mod/cli/listen_settings.ts";
import { prepareOutputFolder } from "../mod/cli/output_folder.ts";
import { readPassphrase } from "../mod/cli/passphrase.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import { VERSION } from "../mod/cli/version.ts";
import { ListenError } from "../mod/listener/datagram_sockets.ts";
import { Listener } from "../mod/listener/listener.ts";
import type { ListenScope } from "../mod/listener/local_addresses.ts";
import { openLibc } from "../mod/os/libc.ts";
import { EVENT_SCHEMA_VERSION, type Reporter } from "../mod/report/events.ts";
import { JsonLinesReporter } from "../mod/report/json_lines_reporter.ts";
import { LineWriter } from "../mod/report/line_writer.ts";
import { TextReporter } from "../mod/report/text_reporter.ts";
import { childCommandFor, findLibsrt, LibsrtError } from "./find_libsrt.ts";
import type { RoleProcess } from "./process.ts";

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
    const commandLine = parseCommandLine(args, {
      SRT_SPLITTER_PASSPHRASE: Deno.env.get("SRT_SPLITTER_PASSPHRASE"),
      SRT_SPLITTER_LIBSRT: Deno.env.get("SRT_SPLITTER_LIBSRT"),
    });
    switch (commandLine.command) {
      case "help":
        output.out.write(commandLine.text);
        return EXIT.ok;
      case "licenses":
        output.out.write(await licenseTexts(Deno.build.standalone));
        return EXIT.ok;
      case "version":
        return await printVersions(commandLine.libsrt, output);
      case "listen":
        return await listen(commandLine.settings, process, output);
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
  const { version, file: found, embedded, warning } = await findLibsrt(file, openLibc());
  out.write(`libsrt ${version} (${embedded ? "in this executable" : found})\n`);
  if (warning !== null) out.write(`warning: ${warning}\n`);
  return EXIT.ok;
}

async function listen(settings: ListenSettings, process: RoleProcess, output: Output): Promise<number> {
  const reporter = makeReporter(settings, output);
  for (const warning of settings.warnings) reporter.warn(warning);
  const passphrase = settings.passphrase === null ? null : readPassphrase(settings.passphrase);
  for (const warning of passphrase?.warnings ?? []) reporter.warn(warning);
  const out = settings.out === null ? null : prepareOutputFolder(settings.out);
  const libc = openLibc();
  const libsrt = await findLibsrt(settings.libsrt, libc);
  if (libsrt.warning !== null) reporter.warn(libsrt.warning);
  const startedMs = Date.now();
  const listener = Listener.open({
    scope: scopeOf(settings),
    port: settings.port,
    policy: { passphrase: passphrase?.value ?? null, maxSessions: settings.maxSessions },
    session: { out, utc: settings.utc, latencyMs: settings.latencyMs, statsIntervalMs: settings.statsIntervalMs },
    libsrt,
    childCommand: childCommandFor(out),
    libc,
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
    libsrt: { version: libsrt.version, file: libsrt.embedded ? Deno.execPath() : libsrt.file },
  });
  return await runUntilStopped(listener, reporter, { process, startedMs });
}

async function runUntilStopped(
  listener: Listener,
  reporter: Reporter,
  { process, startedMs }: { readonly process: RoleProcess; readonly startedMs: number },
): Promise<number> {
  const { promise: stopped, resolve: finish } = Promise.withResolvers<boolean>();
  let stoppingSinceMs: number | null = null;
  process.onSignals(["SIGINT", "SIGTERM", "SIGHUP"], (signal) => {
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
  const { sessions, failed, refused, bytes } = listener.tally;
  const exitCode = clean ? (failed > 0 ? EXIT.sessionFailed : EXIT.ok) : EXIT.interrupted;
  const durationMs = Date.now() - startedMs;
  reporter.report({ event: "stopped", time: now(), durationMs, sessions, failed, refused, bytes, exitCode });
  return exitCode;
}

function makeReporter({ format, verbosity, utc, passphrase }: ListenSettings, { out, err }: Output): Reporter {
  const writeOut = (text: string) => out.write(text, { canBeMissed: true });
  const writeErr = (text: string) => err.write(text, { canBeMissed: true });
  if (format === "json") return new JsonLinesReporter({ writeOut, writeErr, verbose: verbosity === "verbose" });
  const color = Deno.stdout.isTerminal() && !Deno.noColor && Deno.env.get("TERM") !== "dumb";
  return new TextReporter({ writeOut, writeErr, color, verbosity, utc, encrypted: passphrase !== null });
}

function scopeOf({ host, family }: ListenAddress): ListenScope {
  if (host !== null) return { kind: "one", address: host };
  if (family === null) return { kind: "every" };
  return { kind: family === "IPv4" ? "every-ipv4" : "every-ipv6" };
}

function fail({ err }: Output, text: string, code: number): number {
  err.write(`srt-splitter: ${text}\n`);
  return code;
}

function now(): string {
  return new Date().toISOString();
}
