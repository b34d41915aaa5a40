/**
 * N callers of 5 Mbit/s, N = 1, 5, 10, 20, 40: processor time and memory of all processes, payload that is missing, and
 * exactness, beside a listener that records all callers in one process. Arguments choose other numbers of callers.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { readLines } from "../../mod/os/read_lines.ts";
import { makePayload } from "../support/payload.ts";
import { descendantsOf, waitUntil } from "../support/processes.ts";
import { EXECUTABLE, Splitter } from "../support/splitter.ts";
import { LIVE_MESSAGE_BYTES, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { processorSeconds, proportionalMegabytes } from "./measure.ts";

const BITS_PER_SECOND = 5_000_000;
const SECONDS = 4;
const MESSAGES = Math.round(SECONDS * BITS_PER_SECOND / 8 / LIVE_MESSAGE_BYTES);
const COUNTS = [1, 5, 10, 20, 40];

/** A program that records many callers, each under its stream ID. */
interface Recorder extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** Number of complete recordings. */
  complete(): number;
  /** The recording of a caller. */
  file(streamId: string): string;
}

/** One run of one program. */
interface Run {
  /** Processor time of all processes, without the start of the listener. */
  readonly seconds: number;
  /** Proportional memory of all processes, in MB of 2^20 bytes. */
  readonly megabytes: number;
  /**
   * Packets that are not recorded. A program that waits in `srt_recvmsg` when the caller closes does not get the payload whose
   * latency has not passed.
   */
  readonly missing: number;
  readonly exact: number;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  using tools = new TemporaryFolder();
  const peer = await compilePeer(tools.file("one_process"));
  console.log("| callers | program | processor time | per GB | memory | per caller | packets missing | exact |");
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
  let failed = false;
  for (const count of args.length > 0 ? args.map(Number) : COUNTS) {
    const programs: readonly (readonly [string, () => Promise<Recorder>])[] = [
      ["srt-splitter", startSplitter],
      ...(peer === null ? [] : [["one process", () => startPeer(peer)] as const]),
    ];
    for (const [name, start] of programs) {
      try {
        const run = await measure(start, count);
        if (name === "srt-splitter" && run.exact < count) failed = true;
        printRow(count, name, run);
      } catch (error) {
        failed = true;
        console.log(`| ${count} | ${name} | failed: ${error instanceof Error ? error.message : error} |`);
      }
    }
  }
  return failed ? 1 : 0;
}

function printRow(count: number, name: string, { seconds, megabytes, missing, exact }: Run): void {
  const gigabytes = count * MESSAGES * LIVE_MESSAGE_BYTES / 1e9;
  const cells = [
    `${count}`,
    name,
    `${seconds.toFixed(2)} s`,
    `${(seconds / gigabytes).toFixed(0)} s`,
    `${megabytes.toFixed(0)} MB`,
    `${(megabytes / count).toFixed(1)} MB`,
    `${missing}`,
    `${exact} of ${count}`,
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

/** The callers connect one after the other and send together; memory is read before they close. */
async function measure(start: () => Promise<Recorder>, count: number): Promise<Run> {
  await using recorder = await start();
  const beforeSeconds = totalSeconds(recorder.pid);
  const callers = new Map<string, SrtCaller>();
  try {
    for (let index = 0; index < count; index += 1) {
      const streamId = `cam${index}`;
      callers.set(streamId, await SrtCaller.connect({ port: recorder.port, streamId }));
    }
    const payload = makePayload(MESSAGES);
    await Promise.all(Array.from(callers.values(), async (caller) => {
      await caller.send(payload, { bitsPerSecond: BITS_PER_SECOND });
      await caller.waitUntilDelivered();
    }));
    const megabytes = proportionalMegabytes(recorder.pid);
    for (const caller of callers.values()) caller.close();
    await waitUntil("all recordings", () => recorder.complete() === count);
    const seconds = totalSeconds(recorder.pid) - beforeSeconds;
    const recordings = Array.from(callers.keys(), (streamId) => Deno.readFileSync(recorder.file(streamId)));
    const bytes = recordings.reduce((sum, { length }) => sum + length, 0);
    return {
      seconds,
      megabytes,
      missing: count * MESSAGES - bytes / LIVE_MESSAGE_BYTES,
      exact: recordings.filter((recording) => Buffer.from(recording.buffer).equals(payload)).length,
    };
  } finally {
    for (const caller of callers.values()) caller.close();
  }
}

/** Processor time of the process, of its descendants and of its children that have ended, in seconds. */
function totalSeconds(pid: number): number {
  return [pid, ...descendantsOf(pid)].reduce((sum, process) => sum + processorSeconds(process), 0);
}

async function startSplitter(): Promise<Recorder> {
  const folder = new TemporaryFolder();
  const splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], { executable: EXECUTABLE });
  return {
    port: splitter.port,
    pid: splitter.pid,
    complete: () => splitter.eventsNamed("session-end").length,
    file: (streamId) => splitter.eventsNamed("session-end").find(({ stream }) => stream === streamId)?.file ?? "",
    [Symbol.asyncDispose]: async () => {
      await splitter[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

async function startPeer(program: string): Promise<Recorder> {
  const folder = new TemporaryFolder();
  const process = new Deno.Command(program, { args: [folder.path], stdin: "null", stdout: "piped" }).spawn();
  const lines: string[] = [];
  const reading = (async () => {
    for await (const line of readLines(process.stdout)) lines.push(line);
  })();
  await waitUntil("the port of the peer", () => lines.length > 0);
  return {
    port: Number(lines[0]),
    pid: process.pid,
    complete: () => lines.length - 1,
    file: (streamId) => folder.file(streamId),
    [Symbol.asyncDispose]: async () => {
      process.kill("SIGKILL");
      await process.status;
      await reading;
      folder[Symbol.dispose]();
    },
  };
}

/** Compiles the peer; returns null, and prints why, if the machine cannot. */
async function compilePeer(program: string): Promise<string | null> {
  const source = fileURLToPath(new URL("one_process.c", import.meta.url));
  const args = ["-O2", "-o", program, source, "-lsrt", "-lpthread"];
  try {
    const { success, stderr } = await new Deno.Command("g++", { args: ["-x", "c", ...args] }).output();
    if (success) return program;
    console.log(`one process: skipped, cannot compile it: ${new TextDecoder().decode(stderr).split("\n")[0]}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log("one process: skipped, there is no g++");
  }
  return null;
}
