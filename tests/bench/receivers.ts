/**
 * The programs that are compared: srt-splitter, srt-live-transmit as a listener that writes a file, and the smallest recorder in
 * Deno.
 *
 * @module
 */

import { waitUntil } from "../support/processes.ts";
import { readAll } from "../support/read_all.ts";
import { EXECUTABLE, Splitter } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { recorderCommand, SmallPrograms } from "./empty_program.ts";
import { processorSeconds, waitUntilQuiet } from "./measure.ts";
import type { Figure } from "./table.ts";

/** Measures the program from source, and the executable if SRT_SPLITTER names one. `program` is its name in the table. */
export async function ofPrograms(
  measure: (executable: string | null, program: string) => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> {
  const figures = [...await measure(null, "from source")];
  if (EXECUTABLE !== null) figures.push(...await measure(EXECUTABLE, "executable"));
  return figures;
}

/** A program that receives one caller. */
export interface Receiver extends AsyncDisposable {
  readonly port: number;
  /** Bytes written so far. */
  bytes(): number;
  /**
   * Called after the caller has closed. Returns the processor time of all its processes in seconds, and what was written, in how
   * many files.
   */
  finish(): Promise<{
    readonly seconds: number;
    readonly content: Uint8Array<ArrayBuffer>;
    readonly files: number;
    /** Packets that the program reported as missing; null if it reports none. */
    readonly missingPackets: number | null;
  }>;
}

/** Starts srt-splitter with these options: the executable, or from source if it is null. */
export async function startSplitter(
  executable: string | null,
  options: readonly string[] = [],
): Promise<Receiver> {
  const folder = new TemporaryFolder();
  const splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, ...options], { executable });
  await waitUntilQuiet(splitter.pid); // the start of the program is not measured
  const before = processorSeconds(splitter.pid);
  const recordings = () => folder.names().filter((name) => name.endsWith(".ts")).map((name) => folder.file(name));
  return {
    port: splitter.port,
    bytes: () => recordings().reduce((sum, file) => sum + fileBytes(file), 0),
    finish: async () => {
      const { files, statistics } = await splitter.event("session-end");
      const seconds = processorSeconds(splitter.pid) - before;
      const missingPackets = statistics?.pktRcvDropTotal ?? null;
      return { seconds, content: readAll(files), files: files.length, missingPackets };
    },
    [Symbol.asyncDispose]: async () => {
      await splitter[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** Starts srt-live-transmit as a listener. */
export async function startLiveTransmit(): Promise<Receiver> {
  const folder = new TemporaryFolder();
  const file = folder.file("out.ts");
  const port = freePort();
  const uri = `srt://127.0.0.1:${port}?mode=listener`;
  const process = new Deno.Command("sh", {
    args: ["-c", 'exec srt-live-transmit -q -chunk:1316 "$0" file://con > "$1"', uri, file],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await waitUntil("srt-live-transmit to listen", () => isBound(port));
  return {
    port,
    bytes: () => fileBytes(file),
    finish: async () => {
      const seconds = processorSeconds(process.pid);
      process.kill("SIGINT"); // now it writes what is still in its buffer
      await process.status;
      return { seconds, content: Deno.readFileSync(file), files: 1, missingPackets: null };
    },
    [Symbol.asyncDispose]: async () => {
      try {
        process.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has finished
      }
      await process.status;
      folder[Symbol.dispose]();
    },
  };
}

/** Starts the smallest program in Deno that records a caller. */
export async function startSmallestRecorder(): Promise<Receiver> {
  const folder = new TemporaryFolder();
  const file = folder.file("out.ts");
  const port = freePort();
  const programs = await SmallPrograms.start([recorderCommand(port, file)]);
  const [pid = 0] = programs.pids;
  return {
    port,
    bytes: () => fileBytes(file),
    finish: () => {
      const seconds = processorSeconds(pid);
      return Promise.resolve({ seconds, content: Deno.readFileSync(file), files: 1, missingPackets: null });
    },
    [Symbol.asyncDispose]: async () => {
      await programs[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

function freePort(): number {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = socket.addr as Deno.NetAddr;
  socket.close();
  return port;
}

function isBound(port: number): boolean {
  try {
    Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port }).close();
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return true;
    throw error;
  }
}

function fileBytes(file: string): number {
  try {
    return Deno.statSync(file).size;
  } catch {
    return 0; // not made yet
  }
}
