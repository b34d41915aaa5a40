/**
 * How long a program or a process takes to be ready.
 *
 * @module
 */

import { EXECUTABLE, Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { endedChildrenMs, median, threadsMs } from "./measure.ts";
import { ofPrograms } from "./receivers.ts";
import type { Figure } from "./table.ts";

const RUNS = 10;
const START_MS = 120;
const VERSION_MS = 100;

/** From the start of the program until it listens. */
export async function measureStarts(): Promise<readonly Figure[]> {
  const figures = await ofPrograms(async (executable, program) => {
    const times = await repeat(async () => {
      const startedMs = performance.now();
      await using _splitter = await Splitter.listen(["127.0.0.1:0"], { executable });
      return performance.now() - startedMs;
    });
    return [timeFigure(`start until it listens, ${program}`, times, START_MS)];
  });
  if (EXECUTABLE === null) return figures;
  const megabytes = (Deno.statSync(EXECUTABLE).size / 1e6).toFixed(1);
  return [...figures, { what: "size of the executable", measured: `${megabytes} MB` }];
}

/** The whole run of `--version`. */
export async function measureVersion(): Promise<readonly Figure[]> {
  return await ofPrograms(async (executable, program) => {
    const times = await repeat(async () => {
      const startedMs = performance.now();
      await Splitter.run(["--version"], { executable });
      return performance.now() - startedMs;
    });
    return [timeFigure(`--version, ${program}`, times, VERSION_MS)];
  });
}

/** Processor time of a child, from its start until its caller is accepted: a little more than until it is ready. */
export async function measureChildStart(): Promise<readonly Figure[]> {
  const bareMs = await bareRunMs();
  return await ofPrograms(async (executable, program) => {
    const times = await repeat(async () => {
      await using splitter = await Splitter.listen(["127.0.0.1:0"], { executable });
      await using _caller = await SrtCaller.connect({ port: splitter.port });
      const { pid } = await splitter.event("session-start");
      return threadsMs(pid);
    });
    const ratio = median(times) / bareMs;
    return [{
      what: `processor time of a child until its caller is accepted, ${program}`,
      measured: `${ratio.toFixed(2)} x (${describe(times)})`,
      peer: `deno run of an empty file: ${bareMs.toFixed(0)} ms`,
      toReach: "<= 2 x until it is ready",
      holds: ratio <= 2,
    }];
  });
}

/** Processor time of `deno run` with an empty file. */
async function bareRunMs(): Promise<number> {
  using folder = new TemporaryFolder();
  const file = folder.file("empty.ts");
  Deno.writeTextFileSync(file, "");
  const beforeMs = endedChildrenMs();
  await repeat(async () => {
    await new Deno.Command(Deno.execPath(), { args: ["run", "--no-config", file], stdin: "null" }).output();
    return 0;
  });
  return (endedChildrenMs() - beforeMs) / RUNS;
}

async function repeat(measure: () => Promise<number>): Promise<readonly number[]> {
  const results: number[] = [];
  for (let run = 0; run < RUNS; run += 1) results.push(await measure());
  return results;
}

function timeFigure(what: string, times: readonly number[], maxMs: number): Figure {
  return { what, measured: describe(times), toReach: `<= ${maxMs} ms`, holds: median(times) <= maxMs };
}

function describe(times: readonly number[]): string {
  return `median of ${times.length}: ${median(times).toFixed(0)} ms, max ${Math.max(...times).toFixed(0)} ms`;
}
