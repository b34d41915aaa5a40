/**
 * The listener's role: from the command line to the exit code.
 *
 * @module
 */

import { parseCommandLine } from "../mod/cli/command_line.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { licenseTexts } from "../mod/cli/license_texts.ts";
import { makePolicy } from "../mod/cli/make_policy.ts";
import type { ListenAddress } from "../mod/cli/listen_address.ts";
import type { ListenSettings } from "../mod/cli/listen_settings.ts";
import { prepareOutputFolder } from "../mod/cli/output_folder.ts";
import { VERSION } from "../mod/cli/version.ts";
import { ListenError } from "../mod/door/listen_error.ts";
import type { ListenScope } from "../mod/door/local_addresses.ts";
import { Listener } from "../mod/listener/listener.ts";
import { hangUpIgnored } from "../mod/os/hang_up_ignored.ts";
import { openLibc } from "../mod/os/libc.ts";
import { ProblemError } from "../mod/report/problem.ts";
import { RunState } from "../mod/run/run_state.ts";
import { EVENT_SCHEMA_VERSION } from "../mod/vocabulary/values.ts";
import type { ListeningEvent } from "../mod/vocabulary/events.ts";
import { runCheck } from "./check.ts";
import { childCommandFor, findLibsrt, LibsrtError } from "./find_libsrt.ts";
import { ListenRun } from "./listen_run.ts";
import type { Output } from "./output.ts";
import { openReporter } from "./open_reporter.ts";
import type { RoleProcess } from "./process.ts";
import { reloadConfig } from "./reload_config.ts";

/** Carries out the command line and returns the exit code. */
export async function runListen(args: readonly string[], process: RoleProcess, output: Output): Promise<number> {
  try {
    const commandLine = parseCommandLine(args, environment());
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
        return await listen(commandLine.settings, { args, process, output });
      case "inspect": {
        const { runInspect } = await import("./inspect.ts");
        return runInspect(commandLine.settings, (text) => output.out.write(text));
      }
      case "recover": {
        const { runRecover } = await import("./recover.ts");
        return await runRecover(commandLine.settings, (text) => output.out.write(text));
      }
      case "send":
        throw new TypeError("cannot send in the listener's role: main.ts picks the other");
      case "check":
        return runCheck(commandLine, (text) => output.out.write(text));
      default:
        return commandLine satisfies never;
    }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    output.error(error.text);
    if (error instanceof ListenError) return EXIT.cannotListen;
    return error instanceof LibsrtError ? EXIT.noLibsrt : EXIT.usage;
  }
}

async function printVersions(file: string | null, { out, warn }: Output): Promise<number> {
  out.write(`srt-splitter ${VERSION}\nDeno ${Deno.version.deno}\n`);
  const { version, file: found, embedded, warning } = await findLibsrt(file, openLibc());
  out.write(`libsrt ${version} (${embedded ? "in this executable" : found})\n`);
  if (warning !== null) warn(warning);
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
  const libc = openLibc();
  const ignored = hangUpIgnored(libc); // before any signal is listened for: Deno takes SIGHUP over with the first
  const { scripting } = settings;
  const state = new RunState({
    keepsAll: scripting.expectations.length > 0 || scripting.junit !== null || scripting.summary !== null,
  });
  const { reporter, statsIntervalMs, printSummary } = await openReporter(settings, { output, process, state });
  for (const warning of settings.warnings) reporter.warn(warning);
  const { policy, warnings } = makePolicy(settings);
  for (const warning of warnings) reporter.warn(warning);
  const out = settings.out === null ? null : prepareOutputFolder(settings.out);
  const run = ListenRun.prepare({
    settings: scripting,
    state,
    reporter,
    quiet: settings.verbosity === "quiet",
    printSummary,
  });
  const libsrt = await findLibsrt(settings.libsrt, libc);
  if (libsrt.warning !== null) reporter.warn(libsrt.warning);
  const listener = Listener.open({
    scope: scopeOf(settings),
    port: settings.port,
    policy,
    session: { ...settings, out, statsIntervalMs: statsIntervalMs(settings.statsIntervalMs) },
    libsrt,
    childCommand: childCommandFor(out),
    libc,
    reporter: run,
    interfaces: Deno.networkInterfaces,
    now: Date.now,
  });
  const listening: ListeningEvent = {
    event: "listening",
    time: new Date().toISOString(),
    schema: EVENT_SCHEMA_VERSION,
    version: VERSION,
    pid: Deno.pid,
    port: listener.port,
    addresses: listener.endpoints,
    out,
    libsrt: { version: libsrt.version, file: libsrt.embedded ? Deno.execPath() : libsrt.file },
  };
  const reload = settings.config === null ? null : reloadConfig(settings, {
    parse: () => parseCommandLine(args, environment()),
    statsIntervalMs,
    reporter: run,
    listener,
  });
  const hangUp = reload ?? (ignored ? () => {} : null);
  return await run.untilStopped(listener, { listening, process, hangUp });
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
