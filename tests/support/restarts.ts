/**
 * A listener that is killed and started again, or replaced, while callers call all the time.
 *
 * @module
 */

import { listAbstractNames } from "../../mod/os/abstract_socket.ts";
import { controlName } from "../../mod/handoff/control_name.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { makePayload } from "./payload.ts";
import { processStatus, waitUntil } from "./processes.ts";
import { Splitter } from "./splitter.ts";
import { CallerRefusedError, SAFE_LATENCY_MS, SrtCaller } from "./srt_caller.ts";

const BITS_PER_SECOND = 4_000_000;
/** Callers that call again and again at the same time. */
const CALLERS = 3;
/** A caller that was in its handshake when the listener was killed calls again after this time. */
const CONNECT_MS = 3000;

/** What one caller sent in one session. */
interface Sent {
  readonly name: string;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** What remains after all restarts, and what is wrong with it. */
export interface RestartResult {
  /** Sessions that callers had, each with a stream name of its own. */
  readonly sessions: number;
  /** Calls that got no connection. The caller called again. */
  readonly failedCalls: number;
  /** Sessions that a new listener adopted (took over as its own); one is counted for each listener that adopted it. */
  readonly adopted: number;
  /** Stream names of connections that broke before the caller closed them. */
  readonly broken: readonly string[];
  /** Stream names whose recordings are not one file with exactly what was sent. */
  readonly wrong: readonly string[];
  /** Files in the folder of recordings that belong to no session. */
  readonly unknownFiles: readonly string[];
  /** Session IDs that two sessions had. */
  readonly repeatedIds: readonly string[];
  /** Stream names of sessions whose end no listener reported. They may have ended while none ran. */
  readonly unreported: readonly string[];
  /** Processes that still run. */
  readonly processes: readonly number[];
  /** Names of abstract sockets that are still in use. */
  readonly sockets: readonly string[];
  /** Exit codes other than 0 of the listeners that were not killed. */
  readonly exitCodes: readonly number[];
  /** Warnings and errors of all listeners. */
  readonly warnings: readonly string[];
}

/**
 * Starts a listener again `restarts` times, after it was killed or with `--replace`. Each listener runs until two callers have
 * sent payload to it (`session-proven`).
 */
export async function restartUnderLoad(
  restarts: number,
  out: string,
  { how = "kill" }: { readonly how?: "kill" | "replace" } = {},
): Promise<RestartResult> {
  const libc = openLibc();
  const listeners: Splitter[] = [];
  const exitCodes: number[] = [];
  await using stack = new AsyncDisposableStack();
  const start = async (address: string, ...more: readonly string[]) => {
    const listener = stack.use(await Splitter.listen([address, "--out", out, "--name", "{stream}.ts", ...more]));
    listeners.push(listener);
    return listener;
  };
  let current = await start("127.0.0.1:0");
  const { port } = current;
  const load = new Load(port);
  try {
    for (let restart = 0; restart < restarts; restart += 1) {
      const earlier = current;
      await waitUntil("two callers", () => earlier.eventsNamed("session-proven").length >= 2);
      if (how === "kill") {
        earlier.signal("SIGKILL");
        await earlier.ended();
        current = await start(`127.0.0.1:${port}`);
      } else {
        current = await start(`127.0.0.1:${port}`, "--replace");
        exitCodes.push((await earlier.ended()).code);
      }
    }
  } finally {
    await load.stop();
  }
  exitCodes.push(await current.stop());
  const starts = listeners.flatMap((listener) => listener.eventsNamed("session-start"));
  const ends = new Set(
    listeners.flatMap((listener) => listener.eventsNamed("session-end").map(({ stream }) => stream)),
  );
  const pids = [...new Set(starts.map(({ pid }) => pid))];
  const isRunning = (pid: number) => (processStatus(pid)?.state ?? "Z") !== "Z";
  await waitUntil("the end of all processes", () => !pids.some(isRunning)).catch(() => {});
  const control = controlName({ uid: libc.symbols.geteuid(), address: "127.0.0.1", port });
  const ids = starts.map(({ session }) => session);
  const names = new Set(load.sent.map(({ name }) => name));
  return {
    sessions: load.sent.length,
    failedCalls: load.failedCalls,
    adopted: listeners.reduce((sum, listener) => sum + listener.eventsNamed("session-adopted").length, 0),
    broken: load.broken,
    wrong: load.sent.filter((sent) => !isExact(out, sent)).map(({ name }) => name),
    unknownFiles: filesOf(out).filter((file) => !names.has(file.replace(/\.ts(\.json)?$/, ""))),
    repeatedIds: ids.filter((id, index) => ids.indexOf(id) !== index),
    unreported: [...names].filter((name) => !ends.has(name)),
    processes: pids.filter(isRunning),
    sockets: listAbstractNames(libc, control),
    exitCodes: exitCodes.filter((code) => code !== 0),
    warnings: listeners.flatMap(({ errors }) => errors),
  };
}

/** Callers that call, send and close, again and again. */
class Load {
  readonly sent: Sent[] = [];
  readonly broken: string[] = [];
  failedCalls = 0;
  readonly #port: number;
  readonly #running: Promise<unknown>;
  #isStopped = false;
  #calls = 0;

  constructor(port: number) {
    this.#port = port;
    this.#running = Promise.all(Array.from({ length: CALLERS }, () => this.#run()));
  }

  /** Settles when all callers have closed. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) await this.#call(this.#calls += 1);
  }

  async #call(call: number): Promise<void> {
    const name = `cam${call}`;
    const payload = makePayload(200 + call % 7 * 100, call); // 0.5 to 2.1 s
    let connected: SrtCaller;
    try {
      const options = { port: this.#port, streamId: name, latencyMs: SAFE_LATENCY_MS, connectTimeoutMs: CONNECT_MS };
      connected = await SrtCaller.connect(options);
    } catch (error) {
      if (!(error instanceof CallerRefusedError)) throw error;
      this.failedCalls += 1;
      return;
    }
    await using caller = connected;
    this.sent.push({ name, payload });
    try {
      await caller.send(payload, { bitsPerSecond: BITS_PER_SECOND });
      await caller.waitUntilDelivered();
    } catch {
      this.broken.push(name);
    }
  }
}

function filesOf(folder: string): readonly string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name);
}

function isExact(folder: string, { name, payload }: Sent): boolean {
  const files = filesOf(folder).filter((file) =>
    file === `${name}.ts` || file.startsWith(`${name}_`) && file.endsWith(".ts")
  );
  const [file] = files;
  if (file === undefined || files.length > 1) return false;
  const recorded = Deno.readFileSync(`${folder}/${file}`);
  return recorded.length === payload.length && recorded.every((byte, index) => byte === payload[index]);
}
