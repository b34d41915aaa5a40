/**
 * How long a program or a process takes to be ready.
 *
 * @module
 */

import { callerCommand, type ChildCommand } from "../../mod/handoff/child_command.ts";
import { ChildProcess } from "../../mod/handoff/child_process.ts";
import { isBundleCurrent } from "../../mod/handoff/session_bundle.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { openLoopbackPair } from "../../mod/os/loopback_pair.ts";
import { Readiness } from "../../mod/os/readiness.ts";
import { ticketOf } from "../handoff/ticket_of.ts";
import { fileOfLibsrt } from "../support/file_of_libsrt.ts";
import { EXECUTABLE, Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { runEmptyProgram } from "./empty_program.ts";
import { median, threadsMs } from "./measure.ts";
import { ofPrograms } from "./receivers.ts";
import type { Figure } from "./table.ts";

const libc = openLibc();

const RUNS = 10;
const START_MS = 120;
const VERSION_MS = 100;
/** Processor time of a child until it is ready, as a multiple of that of a bare `deno run`. */
const READY_RATIO = 2;

/** From the start of the program until it listens. */
export async function measureStarts(): Promise<readonly Figure[]> {
  const figures = await ofPrograms(async (executable, program) => {
    return [
      await measureTimes(`start until it listens, ${program}`, START_MS, async () => {
        const startedMs = performance.now();
        await using _splitter = await Splitter.listen(["127.0.0.1:0"], { executable });
        return performance.now() - startedMs;
      }),
    ];
  });
  if (EXECUTABLE === null) return figures;
  const megabytes = (Deno.statSync(EXECUTABLE).size / 1e6).toFixed(1);
  return [...figures, { what: "size of the executable", measured: `${megabytes} MB` }];
}

/** The whole run of `--version`. */
export async function measureVersion(): Promise<readonly Figure[]> {
  return await ofPrograms(async (executable, program) => {
    return [
      await measureTimes(`--version, ${program}`, VERSION_MS, async () => {
        const startedMs = performance.now();
        await Splitter.run(["--version"], { executable });
        return performance.now() - startedMs;
      }),
    ];
  });
}

/** Processor time of a child, from its start until it is ready, and until its caller is accepted and its recording has started. */
export async function measureChildStart(): Promise<readonly Figure[]> {
  return await ofPrograms(async (executable, program) => {
    // first: Deno stores the compiled code of these children, but not of those below, which are killed
    const started = await repeat(async () => {
      await using splitter = await Splitter.listen(["127.0.0.1:0", "--spares", "0"], { executable });
      await using _caller = await SrtCaller.connect({ port: splitter.port });
      const { pid } = await splitter.event("session-start");
      return threadsMs(pid);
    });
    let bareMs = 0;
    const ready = await repeat(async () => { // in turn, because a busy machine makes both slower
      bareMs += (await runEmptyProgram()).processorMs / RUNS;
      return await readyMs(executable);
    });
    const ratio = median(ready) / bareMs;
    return [
      {
        what: `processor time of a child until it is ready, ${program}`,
        measured: `${ratio.toFixed(2)} x (${describe(ready)})`,
        empty: `${bareMs.toFixed(0)} ms`,
        toReach: `<= ${READY_RATIO} x`,
        holds: ratio <= READY_RATIO,
      },
      { what: `processor time of a child until its session has started, ${program}`, measured: describe(started) },
    ];
  });
}

/** Processor time of a child that finds its ticket at its start, until it waits for its caller. */
async function readyMs(executable: string | null): Promise<number> {
  using readiness = new Readiness(libc);
  const { near, far, nearAddress, farAddress } = openLoopbackPair(libc);
  using _far = far;
  const child = ChildProcess.start(commandOf(executable), { libc, readiness, libsrt: fileOfLibsrt() });
  child.giveTicket(ticketOf({ caller: farAddress, local: nearAddress }), near);
  near.close();
  const message = await child.nextMessage();
  const usedMs = threadsMs(child.pid);
  child.kill();
  while (await child.nextMessage() !== null);
  await child.ended();
  if (JSON.parse(message?.text ?? "{}").event !== "ready") throw new Error(`the child is not ready: ${message?.text}`);
  return usedMs;
}

function commandOf(executable: string | null): ChildCommand {
  const self = {
    mainModule: new URL("../../main.ts", import.meta.url).href,
    standalone: executable !== null,
    execPath: executable ?? Deno.execPath(),
    env: Deno.env.get,
  };
  const start = { writable: null, bundled: executable === null && isBundleCurrent(self.mainModule) };
  return { ...callerCommand(self, start), ...(executable === null ? {} : { file: Deno.realPathSync(executable) }) };
}

async function repeat(measure: () => Promise<number>): Promise<readonly number[]> {
  const results: number[] = [];
  for (let run = 0; run < RUNS; run += 1) results.push(await measure());
  return results;
}

/** Measures times, and those of an empty Deno program in turn, because a busy machine makes both slower. */
async function measureTimes(what: string, maxMs: number, measure: () => Promise<number>): Promise<Figure> {
  const empty: number[] = [];
  const times = await repeat(async () => {
    empty.push((await runEmptyProgram()).ms);
    return await measure();
  });
  return {
    what,
    measured: describe(times),
    empty: `${median(empty).toFixed(0)} ms`,
    toReach: `<= ${maxMs} ms`,
    holds: median(times) <= maxMs,
  };
}

function describe(times: readonly number[]): string {
  return `median of ${times.length}: ${median(times).toFixed(0)} ms, max ${Math.max(...times).toFixed(0)} ms`;
}
