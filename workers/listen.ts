/**
 * The commands `listen` and `record`: checks the settings, opens the listener, and runs it until it stops.
 *
 * @module
 */

import { VERSION } from "../mod/cli/about.ts";
import type { CommandLine } from "../mod/cli/command_line.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import type { ListenSettings } from "../mod/cli/listen_settings.ts";
import { prepareOutputFolder } from "../mod/cli/places.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import { ListenError } from "../mod/door/listen_error.ts";
import { EventSubscribers } from "../mod/listener/event_subscribers.ts";
import { Listener } from "../mod/listener/listener.ts";
import type { SessionSettings } from "../mod/listener/ticket.ts";
import { fileSystemOf } from "../mod/os/file_system.ts";
import { ignoreFileSizeSignal } from "../mod/os/file_size_signal.ts";
import { isHangUpIgnored } from "../mod/os/hang_up_ignored.ts";
import { Launchers } from "../mod/os/launcher.ts";
import { type Libc, openLibc } from "../mod/os/libc.ts";
import { forbidCoreFiles } from "../mod/os/own_process.ts";
import { ServiceManager } from "../mod/os/service_manager.ts";
import { readProcLink } from "../mod/os/proc.ts";
import { timeZoneName } from "../mod/os/time_zone.ts";
import { forwardName } from "../mod/recording/forward_template.ts";
import { folderWarning } from "../mod/recording/folder_limits.ts";
import { RunState } from "../mod/run/run_state.ts";
import { EVENT_SCHEMA_VERSION } from "../mod/vocabulary/values.ts";
import type { ListeningEvent } from "../mod/vocabulary/events.ts";
import { childCommandsFor, type EarlySearch, findLibsrt, forwarder, LibsrtError } from "./find_libsrt.ts";
import { ListenRun, NO_CALLER_MS } from "./listen_run.ts";
import { listedSessions, listenerState } from "./listener_state.ts";
import { openHooks } from "./open_hooks.ts";
import { openReporter } from "./open_reporter.ts";
import type { Output } from "./output.ts";
import { pageUrls } from "./page_urls.ts";
import { hookRules, ownAddress, type PreparedRun, prepareRun, refusePullsFromSelf } from "./prepare_run.ts";
import type { RoleProcess } from "./process.ts";
import { ServiceReporter } from "./service_reporter.ts";

const TERMINAL = "cannot write payload to a terminal (--out -)";
const TERMINAL_HINT =
  "connect stdout to a program or a file, such as --out - | ffmpeg -i - ..., or record with --out DIR";
const SHARED = "cannot write payload to the file or pipe of stderr (--out -)";
const SHARED_HINT = "lines would be mixed into the payload: omit 2>&1, or add 2> listen.log";

/** How the passphrase of a called listener is given, for hints. */
const PULL_PASSPHRASE = "passphrase-file in its [[pull]] table";
const RECORD_PASSPHRASE = "--passphrase-file FILE, SRT_SPLITTER_PASSPHRASE or passphrase-file=FILE in its address";

/** How often the listener checks that the programs that started it still run. */
const LAUNCHERS_CHECK_MS = 500;

/** What a run needs from outside. */
export interface ListenParts {
  /** Reads the command line and the configuration file again. @throws {UsageError} */
  readonly parse: () => CommandLine;
  readonly process: RoleProcess;
  readonly output: Output;
  /** The search for libsrt that has begun already, or null. */
  readonly early: EarlySearch | null;
}

/** Listens until the run ends, and returns the exit code. */
export async function runListen(settings: ListenSettings, parts: ListenParts): Promise<number> {
  try {
    return await listen(settings, parts);
  } catch (error) {
    if (!(error instanceof ListenError) && !(error instanceof LibsrtError)) throw error;
    parts.output.error(error.text);
    return error instanceof ListenError ? EXIT.cannotListen : EXIT.noLibsrt;
  }
}

/** Returns whether stdout and stderr are the same file or pipe. */
function isStderrShared(libc: Libc): boolean {
  const [stdout, stderr] = [1, 2].map((descriptor) => readProcLink(libc, `/proc/self/fd/${descriptor}`));
  return stdout === stderr && stdout !== null && stdout !== "/dev/null";
}

async function listen(settings: ListenSettings, { parse, process, output, early }: ListenParts): Promise<number> {
  if (settings.stdout && Deno.stdout.isTerminal()) throw new UsageError(TERMINAL, { hint: TERMINAL_HINT });
  const libc = openLibc();
  if (settings.stdout && isStderrShared(libc)) throw new UsageError(SHARED, { hint: SHARED_HINT });
  ignoreFileSizeSignal();
  forbidCoreFiles();
  const ignored = isHangUpIgnored(libc); // before the first handler: Deno then handles SIGHUP, too
  process.onSignals(["SIGUSR2"], () => {}); // only the live table uses it; without a handler, it would end the process
  const { scripting } = settings;
  const state = new RunState({
    keepsAll: scripting.expectations.length > 0 || scripting.junit !== null || scripting.summary !== null,
    expectedStreams: scripting.stop.expectedStreams,
  });
  const opened = await openReporter(settings, { output, process, state });
  // modules that a run without these options does not need
  const webParts = settings.web === null ? null : await import("./open_web.ts");
  const reloadParts = settings.config === null ? null : await import("./reload_config.ts");
  const { reporter: printed, statsIntervalMs } = webParts?.withStatistics(opened) ?? opened;
  const service = ServiceManager.find(libc);
  const notifying = service === null ? null : new ServiceReporter(printed, { service, state });
  const reporter = notifying ?? printed;
  for (const warning of settings.warnings) reporter.warn(warning);
  const prepared = await prepareRun(settings, libc);
  const { scope, policy, pulls, programs } = prepared;
  for (const warning of prepared.warnings) reporter.warn(warning);
  const startHooks = await openHooks(settings, prepared, libc);
  const out = settings.out === null ? null : prepareOutputFolder(settings.out);
  const limits = out === null ? null : folderWarning(out, fileSystemOf(libc, out));
  if (limits !== null) reporter.warn(limits);
  const run = ListenRun.prepare({
    settings: scripting,
    state,
    reporter,
    noCallerMs: settings.verbosity === "quiet" || !settings.listens ? null : NO_CALLER_MS,
    printSummary: opened.printSummary,
  });
  const libsrt = await findLibsrt(settings.libsrt, early);
  if (libsrt.warning !== null) reporter.warn(libsrt.warning);
  const subscribers = new EventSubscribers();
  run.publish = (event) => subscribers.report(event);
  const listener = Listener.open({
    scope,
    port: settings.port,
    policy,
    retention: settings.retention,
    session: {
      ...settings,
      out,
      outputs: outputsOf(settings, prepared),
      timeZone: timeZoneName(),
      statsIntervalMs: statsIntervalMs(settings.statsIntervalMs),
    },
    libsrt,
    childCommands: childCommandsFor(out),
    spares: settings.spares,
    libc,
    reporter: run,
    interfaces: Deno.networkInterfaces,
    replace: settings.replace,
    pulls,
    pulling: {
      resolve: async (host) => {
        const { resolveAll } = await import("../mod/send/resolve_host.ts");
        return await resolveAll(host);
      },
      passphraseOption: settings.listens ? PULL_PASSPHRASE : RECORD_PASSPHRASE,
      onNoneLeft: () => {
        if (!settings.listens) run.stop("stop", "all recordings were stopped");
      },
    },
    commands: {
      sessions: () => listedSessions(state),
      state: () => listenerState(state),
      clearLost: (session) => state.clearLostSession(session),
      subscribers,
      stop: () => run.stop("stop", "srt-splitter stop --all"),
      handOver: () => run.handOver(),
    },
  });
  state.readPulls = () => listener.unconnectedPulls;
  const notTaken = await listener.takeOver();
  if (notTaken !== null) {
    run.reportEarly();
    await listener.stop();
    const what = settings.listens ? `UDP port ${settings.port}` : "the sessions of the same listeners";
    throw new ListenError(`cannot take over ${what}: ${notTaken}`, {
      hint:
        "end the running srt-splitter, then start this one without --replace; if you end it with SIGKILL, its sessions " +
        "continue, and this one adopts them",
    });
  }
  const listening: ListeningEvent = {
    event: "listening",
    time: new Date().toISOString(),
    schema: EVENT_SCHEMA_VERSION,
    version: VERSION,
    pid: Deno.pid,
    port: listener.port,
    addresses: listener.endpoints,
    pulls: pulls.map(({ name, ...place }) => ({ stream: name, listener: forwardName(place) })),
    out,
    stdout: settings.stdout,
    libsrt: { version: libsrt.version, file: libsrt.embedded ? Deno.execPath() : libsrt.file },
    web: settings.web === null ? [] : [...pageUrls(settings.web, Deno.networkInterfaces())],
  };
  const hooks = run.hooks = startHooks?.({ warn: (text) => run.warn(text), debug: (text) => run.debug(text) }) ?? null;
  const reload = reloadParts?.reloadConfig(settings, {
    parse,
    statsIntervalMs,
    reporter: run,
    listener,
    checkPulls: (changed) => refusePullsFromSelf(changed, ownAddress(scope, listener.port)),
    prepareHooks: (changed) => {
      const rules = hookRules(changed, programs);
      return () => {
        if (hooks !== null) hooks.rules = rules;
      };
    },
  }) ?? null;
  const reloadAsService = reload === null ? null : notifying?.reloading(reload) ?? reload;
  const hangUp = reloadAsService ?? (ignored ? () => {} : null);
  const launchers = Launchers.find(libc);
  const stoppable = launchers === null ? process : stoppedWith(launchers, process, (text) => run.warn(text));
  const stopped = run.untilStopped(listener, { listening, process: stoppable, hangUp });
  listener.startUpkeep();
  const web = await webParts?.startWebProcess(settings, { port: listener.port, libc, reporter: run }) ?? null;
  await loadLaterModules(settings);
  const code = await stopped;
  const webFinished = web?.finish();
  await subscribers.close(); // the web process ends then
  await webFinished;
  if (code !== EXIT.interrupted) await listener.confirmStopped();
  return code;
}

/**
 * Loads the modules that are needed after `listening`. Loading them earlier would delay that event, and loading them when they are
 * needed would read files that an update may have replaced.
 */
async function loadLaterModules(
  { config, format, verbosity, out, pulls, scripting }: ListenSettings,
): Promise<void> {
  const calls = pulls.length > 0 || config !== null; // SIGHUP can add pulls
  const loads = [
    () => import("../mod/handoff/child_message.ts"), // first, because every session needs it
    () => import("../mod/handoff/introduction.ts"),
    () => import("../mod/handoff/control_message.ts"),
    ...(calls ? [() => import("../mod/send/resolve_host.ts")] : []),
    ...(out !== null ? [() => import("../mod/inspection/recover_folder.ts")] : []),
    ...(scripting.junit !== null ? [() => import("../mod/run/junit_xml.ts")] : []),
    ...(format === "text" && verbosity !== "quiet" ? [() => import("../mod/terminal/summary_table.ts")] : []),
  ];
  for (const load of loads) await load().catch(() => {}); // a failure is reported where the module is needed
}

/**
 * Returns a process like `process` whose signal handler is also called, with SIGTERM, if a launcher (`npx` or `deno task`) ends
 * before SIGINT or SIGTERM has arrived.
 */
function stoppedWith(launchers: Launchers, process: RoleProcess, warn: (text: string) => void): RoleProcess {
  return {
    ...process,
    onSignals: (signals, handle) => {
      const timer = setInterval(() => {
        if (!launchers.oneHasEnded) return;
        clearInterval(timer);
        warn("the program that started the listener (npx or deno task) has ended; the listener stops too");
        handle("SIGTERM");
      }, LAUNCHERS_CHECK_MS);
      Deno.unrefTimer(timer);
      process.onSignals(signals, (signal) => {
        if (signal !== "SIGHUP") clearInterval(timer); // stopping already
        handle(signal);
      });
    },
  };
}

/** The programs and addresses that get the payload of each session, or null. */
function outputsOf(
  { commands, udp, restarts }: ListenSettings,
  { forwards, programs }: PreparedRun,
): SessionSettings["outputs"] {
  if (commands.length === 0 && udp.length === 0 && forwards.length === 0) return null;
  return { commands, udp, restarts, forwards, forwarder: forwards.length === 0 ? null : forwarder(), ...programs };
}
