/**
 * What a Deno program needs that does nothing, or as little as possible. The process of a session cannot need less.
 *
 * @module
 */

import { fileOfLibsrt } from "../support/file_of_libsrt.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { endedChildrenMs, proportionalMegabytes } from "./measure.ts";

/** The options of a child, as far as they change how much memory a program needs. */
const OPTIONS = ["run", "--no-config", "--no-lock", "--cached-only", "--v8-flags=--max-semi-space-size=1"] as const;
const ENVIRONMENT = { MALLOC_ARENA_MAX: "1", DENO_NO_UPDATE_CHECK: "1" } as const;

/** A program that waits for the end of its stdin. */
const WAITING = "Deno.stdout.writeSync(new Uint8Array(1)); Deno.stdin.readSync(new Uint8Array(1));";

/** The program that {@linkcode recorderCommand} starts. */
const RECORDER = new URL("smallest_recorder.ts", import.meta.url).pathname;

/** Returns the command of the smallest recorder, for {@linkcode SmallPrograms.start}. */
export function recorderCommand(port: number, file: string): readonly string[] {
  return ["--allow-ffi", "--allow-write", RECORDER, fileOfLibsrt(), `${port}`, file];
}

/** Runs an empty file. Returns how long that takes, and its processor time, in ms. */
export async function runEmptyProgram(): Promise<{ readonly ms: number; readonly processorMs: number }> {
  using folder = new TemporaryFolder();
  const file = fileWith("", folder);
  const [startedMs, beforeMs] = [performance.now(), endedChildrenMs()];
  await runFile(file);
  return { ms: performance.now() - startedMs, processorMs: endedChildrenMs() - beforeMs };
}

/** Runs an empty file `times` times, `parallel` at a time. Returns how long all of that takes, in ms. */
export async function runEmptyPrograms(times: number, { parallel }: { readonly parallel: number }): Promise<number> {
  using folder = new TemporaryFolder();
  const file = fileWith("", folder);
  const startedMs = performance.now();
  let started = 0;
  await Promise.all(Array.from({ length: parallel }, async () => {
    while (started < times) {
      started += 1;
      await runFile(file);
    }
  }));
  return performance.now() - startedMs;
}

/** Memory of each of `count` empty programs that run at the same time (PSS), in MB of 2^20 bytes. */
export async function emptyProgramMegabytes(count: number): Promise<number> {
  using folder = new TemporaryFolder();
  const file = fileWith(WAITING, folder);
  await using programs = await SmallPrograms.start(Array.from({ length: count }, () => [file]));
  return programs.megabytesOfEach;
}

/** Programs that run at the same time, until this object is disposed. */
export class SmallPrograms implements AsyncDisposable {
  readonly #processes: readonly Deno.ChildProcess[];
  readonly #outputs: readonly ReadableStreamDefaultReader<Uint8Array>[];

  private constructor(processes: readonly Deno.ChildProcess[]) {
    this.#processes = processes;
    this.#outputs = processes.map(({ stdout }) => stdout.getReader());
  }

  /**
   * Starts programs, each with the options of a child. Settles when all are ready.
   *
   * @param commands For each, options of `deno run`, its main module and its arguments. It writes a byte to stdout when it is
   * ready.
   */
  static async start(commands: readonly (readonly string[])[]): Promise<SmallPrograms> {
    const programs = new SmallPrograms(commands.map((command) =>
      new Deno.Command(Deno.execPath(), {
        args: [...OPTIONS, ...command],
        env: ENVIRONMENT,
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
      }).spawn()
    ));
    await Promise.all(programs.#outputs.map((output) => output.read()));
    return programs;
  }

  /** Process IDs. */
  get pids(): readonly number[] {
    return this.#processes.map(({ pid }) => pid);
  }

  /** Memory of each (PSS), in MB of 2^20 bytes. */
  get megabytesOfEach(): number {
    const megabytes = this.#processes.map(({ pid }) => proportionalMegabytes(pid));
    return megabytes.reduce((sum, value) => sum + value, 0) / megabytes.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map(async (process, index) => {
      process.kill("SIGKILL");
      await process.stdin.close();
      await this.#outputs[index]?.cancel();
      await process.status;
    }));
  }
}

function fileWith(program: string, folder: TemporaryFolder): string {
  const file = folder.file("empty.ts");
  Deno.writeTextFileSync(file, program);
  return file;
}

async function runFile(file: string): Promise<void> {
  await new Deno.Command(Deno.execPath(), { args: ["run", "--no-config", file], stdin: "null" }).output();
}
