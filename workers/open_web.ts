/**
 * Starts the web process of a run (`listen --web`, `record --web`), and starts it again if it ends.
 *
 * @module
 */

import type { ListenSettings } from "../mod/cli/listen_settings.ts";
import { recordNumber } from "../mod/cli/pull_option.ts";
import type { WebAddress } from "../mod/cli/web_option.ts";
import { CHILD_ENVIRONMENT, SELF } from "../mod/handoff/child_command.ts";
import { withDeadline } from "../mod/os/deadline.ts";
import type { Libc } from "../mod/os/libc.ts";
import { readLines } from "../mod/os/read_lines.ts";
import { formatEndpoint } from "../mod/report/format.ts";
import { PassedWarnings } from "../mod/report/passed_warnings.ts";
import { messageOf } from "../mod/report/problem.ts";
import type { Reporter } from "../mod/report/reporter.ts";
import type { SplitterEvent } from "../mod/vocabulary/events.ts";
import type { OpenedReporter } from "./open_reporter.ts";
import { telemetryVariables, warnOfTelemetry } from "./telemetry.ts";

/** Interval of statistics if only the web process needs them. */
const STATS_MS = 1000;
/** Interval of `refusals` events that are reported without `--stats`. */
const REFUSALS_MS = 60_000;
/** Pause before the process is started again; doubled after each early end. Our choice. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A process that lives for less than this ended early. */
const EARLY_MS = 10_000;
/** How long the process may take to exit after its listener has stopped. */
const EXIT_MS = 3000;
/** How many lines a warning quotes, beginning with its last error: that one and the last ones. */
const MAX_LINES = 5;

/** Requests statistics for the web process if nothing else needs them. The returned reporter does not report them then. */
export function withStatistics(
  { reporter, statsIntervalMs }: OpenedReporter,
): Pick<OpenedReporter, "reporter" | "statsIntervalMs"> {
  let isHiding = false;
  return {
    reporter: withoutStatistics(reporter, () => isHiding),
    statsIntervalMs: (askedMs) => {
      const wantedMs = statsIntervalMs(askedMs);
      isHiding = wantedMs === null;
      return wantedMs ?? STATS_MS;
    },
  };
}

/** Returns a reporter without the statistics that only the web process needs. `isHiding`: whether nothing else needs them. */
function withoutStatistics(reporter: Reporter, isHiding: () => boolean): Reporter {
  let refusalsMs = -Infinity;
  const isHidden = ({ event }: SplitterEvent): boolean => {
    if (event === "stats" || event === "disk") return true;
    if (event !== "refusals") return false;
    const nowMs = performance.now();
    if (nowMs - refusalsMs < REFUSALS_MS) return true;
    refusalsMs = nowMs;
    return false;
  };
  return {
    report: (event) => {
      if (!isHiding() || !isHidden(event)) reporter.report(event);
    },
    warn: (text) => reporter.warn(text),
    debug: (text) => reporter.debug(text),
  };
}

/** What the web process needs. */
export interface WebProcessOptions {
  readonly address: WebAddress;
  readonly tokenFile: string | null;
  /** What `web --listener` accepts: the address and port of the listener, or `record:NUMBER`. */
  readonly listener: string;
  /** Variables of OpenTelemetry, such as `OTEL_DENO`. They can contain secrets. */
  readonly telemetry: Readonly<Record<string, string>>;
  readonly reporter: Pick<Reporter, "warn" | "debug">;
}

/** The web process of a run. Its end changes nothing for the sessions. */
export class WebProcess {
  readonly #options: WebProcessOptions;
  readonly #warnings: PassedWarnings;
  #process: Deno.ChildProcess | null = null;
  #ended: Promise<unknown> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #isOver = false;

  /** Starts the process. */
  constructor(options: WebProcessOptions) {
    this.#options = options;
    this.#warnings = new PassedWarnings({
      warn: (text) => options.reporter.warn(`web process: ${text}`),
      now: () => performance.now(),
    });
    this.#start();
  }

  /** The listener stops: waits until the process has ended by itself, or kills it after 3 s. Never rejects. */
  async finish(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (await withDeadline(this.#ended, EXIT_MS) === "late") this.#kill();
    await this.#ended;
  }

  #kill(): void {
    try {
      this.#process?.kill("SIGKILL");
    } catch (error) {
      // these two errors mean that the process has already ended
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #start(): void {
    const startMs = performance.now();
    this.#ended = this.#run().then((problem) => {
      this.#process = null;
      if (this.#isOver) return;
      const isEarly = performance.now() - startMs < EARLY_MS;
      this.#pauseMs = isEarly ? Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
      this.#options.reporter.warn(
        `${problem}\nsessions are not affected; it is started again in ${this.#pauseMs / 1000} s`,
      );
      this.#timer = setTimeout(() => this.#start(), this.#pauseMs);
      Deno.unrefTimer(this.#timer);
    });
  }

  /** Runs the process to its end. Returns a description of it. */
  async #run(): Promise<string> {
    const { reporter } = this.#options;
    let process: Deno.ChildProcess;
    try {
      process = this.#process = commandOf(this.#options).spawn();
    } catch (error) {
      return `cannot start the web process: ${messageOf(error)}`;
    }
    const errors: string[] = [];
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>, onLine: (line: string) => void) => {
      for await (const line of readLines(stream)) onLine(line);
    };
    const [status] = await Promise.all([
      process.status,
      read(process.stdout, (line) => reporter.debug(`web process: ${line}`)),
      read(process.stderr, (line) => {
        if (this.#warnings.push(line)) return;
        if (line.startsWith("error: ")) errors.length = 0;
        errors.push(line.replace(/^(?:error|hint): /, "").slice(0, 500));
        errors.splice(1, errors.length - MAX_LINES); // the first one has the error, the last ones have what to do
      }),
    ]);
    this.#warnings.finish();
    const end = status.signal ?? `exit code ${status.code}`;
    return `the web process has ended (${end})${errors.length === 0 ? "" : `: ${errors.join("; ")}`}`;
  }
}

/** What {@linkcode startWebProcess} needs besides the settings. */
interface RunningListener {
  /** Port of the listener. */
  readonly port: number;
  readonly libc: Libc;
  readonly reporter: WebProcessOptions["reporter"];
}

/** Starts the web process of a run with `--web`; null without. */
export async function startWebProcess(
  settings: ListenSettings,
  { port, libc, reporter }: RunningListener,
): Promise<WebProcess | null> {
  const { web: address, webTokenFile: tokenFile } = settings;
  if (address === null) return null;
  warnOfTelemetry(libc, (text) => reporter.warn(text));
  const telemetry = telemetryVariables(libc);
  const listener = await listenerAddress(settings, port);
  return new WebProcess({ address, tokenFile, listener, telemetry, reporter });
}

/** Returns {@linkcode WebProcessOptions.listener}: `record:NUMBER` for the command `record`. */
async function listenerAddress({ host, family, listens, pulls }: ListenSettings, port: number): Promise<string> {
  if (!listens) return `record:${await recordNumber(pulls)}`;
  const every = family === null ? "" : family === "IPv4" ? "0.0.0.0" : "::";
  const address = host ?? every;
  return formatEndpoint({ address, port });
}

function commandOf({ address: { host, port }, tokenFile, listener, telemetry }: WebProcessOptions): Deno.Command {
  const { mainModule, build } = Deno;
  const own = build.standalone ? [] : ["run", "--cached-only", "--no-prompt", "-qP=web", mainModule];
  const token = tokenFile === null ? [] : ["--web-token-file", tokenFile];
  const env: Record<string, string> = { ...telemetry, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  for (const name of CHILD_ENVIRONMENT) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return new Deno.Command(SELF, {
    args: [...own, "web", formatEndpoint({ address: host, port }), ...token, "--listener", listener],
    clearEnv: true,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true, // Ctrl-C in a terminal must not reach it
  });
}
