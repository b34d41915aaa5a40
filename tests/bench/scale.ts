/**
 * N callers with video of 5 Mbit/s, N = 1, 5, 10, 20, 40: processor time and memory of all processes, payload that is missing, and
 * exactness, compared with two listeners that record all callers in one process: a small one with the same libsrt, and MediaMTX,
 * if `mediamtx` is on the PATH. Arguments choose other numbers of callers.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { readLines } from "../../mod/os/read_lines.ts";
import { descendantsOf, waitUntil } from "../support/processes.ts";
import { EXECUTABLE, Splitter } from "../support/splitter.ts";
import { freePort, LIVE_MESSAGE_BYTES, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { makeTestStream } from "../support/test_stream.ts";
import { processorSeconds, proportionalMegabytes } from "./measure.ts";

const SECONDS = 10;
/** About 5 Mbit/s with the headers of the transport stream. */
const PICTURE = { size: "1280x720", rate: "4700k" } as const;
const MEDIAMTX = "mediamtx";
const COUNTS = [1, 5, 10, 20, 40];

/** A program that records many callers. */
interface Recorder extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** Stream ID with which a caller sends the stream of this name. */
  streamId(name: string): string;
  /** Number of complete recordings. */
  complete(): number;
  /** The recording of a stream. */
  file(name: string): string;
  /** Whether it remuxes the transport stream, so that a recording cannot be compared byte by byte. */
  readonly remuxes: boolean;
}

/** One run of one program. */
interface Run {
  /** Processor time of all processes, without the start of the listener. */
  readonly seconds: number;
  /** Proportional memory of all processes, in MB of 2^20 bytes. */
  readonly megabytes: number;
  /** Bytes of all recordings. */
  readonly bytes: number;
  /** Number of recordings that are exactly what was sent; null if they cannot be compared. */
  readonly exact: number | null;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  using tools = new TemporaryFolder();
  const video = await makeTestStream(tools.file("sent.ts"), SECONDS, PICTURE);
  const sent = video.slice(0, video.length - video.length % LIVE_MESSAGE_BYTES);
  const peer = await compilePeer(tools.file("one_process"));
  const hasMediaMtx = await isMediaMtxInstalled();
  console.log("| callers | program | processor time | per GB | memory | per caller | packets missing | exact |");
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
  let failed = false;
  for (const count of args.length > 0 ? args.map(Number) : COUNTS) {
    const programs: readonly (readonly [string, () => Promise<Recorder>])[] = [
      ["srt-splitter", startSplitter],
      ...(peer === null ? [] : [["one process", () => startPeer(peer)] as const]),
      ...(hasMediaMtx ? [["MediaMTX", startMediaMtx] as const] : []),
    ];
    for (const [name, start] of programs) {
      try {
        const run = await measure(start, { count, sent });
        if (name === "srt-splitter" && run.exact !== count) failed = true;
        printRow(name, { ...run, count, sentBytes: count * sent.length });
      } catch (error) {
        failed = true;
        console.log(`| ${count} | ${name} | failed: ${error instanceof Error ? error.message : error} |`);
      }
    }
  }
  return failed ? 1 : 0;
}

function printRow(
  name: string,
  { count, sentBytes, seconds, megabytes, bytes, exact }: Run & { readonly count: number; readonly sentBytes: number },
): void {
  const cells = [
    `${count}`,
    name,
    `${seconds.toFixed(2)} s`,
    `${(seconds / sentBytes * 1e9).toFixed(0)} s`,
    `${megabytes.toFixed(0)} MB`,
    `${(megabytes / count).toFixed(1)} MB`,
    exact === null ? "" : `${(sentBytes - bytes) / LIVE_MESSAGE_BYTES}`,
    exact === null ? `remuxed: ${(bytes / sentBytes * 100).toFixed(0)} % of what was sent` : `${exact} of ${count}`,
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

/** The callers connect one after the other and send together; memory is read before they close. */
async function measure(
  start: () => Promise<Recorder>,
  { count, sent }: { readonly count: number; readonly sent: Uint8Array<ArrayBuffer> },
): Promise<Run> {
  await using recorder = await start();
  const beforeSeconds = totalSeconds(recorder.pid);
  const callers = new Map<string, SrtCaller>();
  try {
    for (let index = 0; index < count; index += 1) {
      const name = `cam${index}`;
      callers.set(name, await SrtCaller.connect({ port: recorder.port, streamId: recorder.streamId(name) }));
    }
    await Promise.all(Array.from(callers.values(), async (caller) => {
      await caller.send(sent, { bitsPerSecond: sent.length * 8 / SECONDS });
      await caller.waitUntilDelivered();
    }));
    const megabytes = proportionalMegabytes(recorder.pid);
    for (const caller of callers.values()) caller.close();
    await waitUntil("all recordings", () => recorder.complete() === count);
    const seconds = totalSeconds(recorder.pid) - beforeSeconds;
    const recordings = Array.from(callers.keys(), (name) => Deno.readFileSync(recorder.file(name)));
    return {
      seconds,
      megabytes,
      bytes: recordings.reduce((sum, { length }) => sum + length, 0),
      exact: recorder.remuxes
        ? null
        : recordings.filter((recording) => Buffer.from(recording.buffer).equals(sent)).length,
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
    streamId: (name) => name,
    complete: () => splitter.eventsNamed("session-end").length,
    file: (name) => splitter.eventsNamed("session-end").find(({ stream }) => stream === name)?.file ?? "",
    remuxes: false,
    [Symbol.asyncDispose]: async () => {
      await splitter[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** Starts the C program that is compared (one_process.c). It prints its port, and a line for each complete recording. */
async function startPeer(program: string): Promise<Recorder> {
  const folder = new TemporaryFolder();
  const { lines, ...process } = await startProgram(program, { args: [folder.path], folder, ready: /^\d+$/ });
  return {
    ...process,
    port: Number(lines[0]),
    streamId: (name) => name,
    complete: () => lines.length - 1,
    file: (name) => folder.file(name),
    remuxes: false,
  };
}

/** Starts MediaMTX with nothing but its SRT server. It makes a folder for each stream. */
async function startMediaMtx(): Promise<Recorder> {
  const folder = new TemporaryFolder();
  const port = freePort();
  const off = ["rtsp", "rtmp", "hls", "webrtc", "moq"].map((server) => `${server}: no\n`);
  const record = { record: true, recordFormat: "mpegts", recordPath: folder.file("%path/%s-%f") };
  const config = folder.file("mediamtx.yml");
  Deno.writeTextFileSync(
    config,
    `${off.join("")}srtAddress: 127.0.0.1:${port}\npathDefaults: ${JSON.stringify(record)}\npaths: {all_others: {}}\n`,
  );
  const { lines, ...process } = await startProgram(MEDIAMTX, { args: [config], folder, ready: /listener on/ });
  return {
    ...process,
    port,
    streamId: (name) => `publish:${name}`,
    complete: () => lines.filter((line) => line.endsWith("recording stopped")).length,
    file: (name) =>
      Array.from(Deno.readDirSync(folder.file(name)), (entry) => folder.file(`${name}/${entry.name}`))[0] ?? "",
    remuxes: true,
  };
}

/** Starts a program, and waits until it prints a line that matches `ready`. `folder` is removed after its end. */
async function startProgram(
  file: string,
  { args, folder, ready }: {
    readonly args: readonly string[];
    readonly folder: TemporaryFolder;
    readonly ready: RegExp;
  },
): Promise<AsyncDisposable & { readonly pid: number; readonly lines: readonly string[] }> {
  const process = new Deno.Command(file, { args: [...args], stdin: "null", stdout: "piped" }).spawn();
  const lines: string[] = [];
  const reading = (async () => {
    for await (const line of readLines(process.stdout)) lines.push(line);
  })();
  await waitUntil(`the start of ${file}`, () => lines.some((line) => ready.test(line)));
  return {
    pid: process.pid,
    lines,
    [Symbol.asyncDispose]: async () => {
      process.kill("SIGKILL");
      await process.status;
      await reading;
      folder[Symbol.dispose]();
    },
  };
}

/** Compiles one_process.c. If that is not possible, prints why and returns null. */
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

/** Reports whether `mediamtx --version` succeeds. Prints a line if the program is not on the PATH. */
async function isMediaMtxInstalled(): Promise<boolean> {
  try {
    return (await new Deno.Command(MEDIAMTX, { args: ["--version"], stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`MediaMTX: skipped, there is no ${MEDIAMTX} on the PATH`);
    return false;
  }
}
