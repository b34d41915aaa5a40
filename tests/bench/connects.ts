/**
 * How long a caller waits until it is connected.
 *
 * @module
 */

import { fileOfLibsrt } from "../support/file_of_libsrt.ts";
import { waitForSpares } from "../support/spares.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { describe } from "./callers.ts";
import { runEmptyProgram } from "./empty_program.ts";
import { median } from "./measure.ts";
import { ofPrograms, startLiveTransmit } from "./receivers.ts";
import type { Figure } from "./table.ts";

/** The default of `--spares`: processes that wait for a caller. */
const DEFAULT_SPARES = 2;
const CONNECTS = 20;
const CONNECT_RATIO = 3;

/** Connect times of blocking callers, with all programs in turn, because a busy machine makes each slower. */
export async function measureConnects(): Promise<readonly Figure[]> {
  return await ofPrograms(async (executable, program) => {
    using folder = new TemporaryFolder();
    const options = ["127.0.0.1:0", "--out", folder.path, "--verbose"];
    await using splitter = await Splitter.listen([...options, "--spares", String(DEFAULT_SPARES)], { executable });
    await using withoutSpares = await Splitter.listen([...options, "--spares", "0"], { executable });
    await using smallest = new SmallestHandOff();
    const [theirs, least, warm, cold]: [number[], number[], number[], number[]] = [[], [], [], []];
    await waitForSpares(splitter, DEFAULT_SPARES);
    while (cold.length < CONNECTS) {
      const port = await smallest.start();
      theirs.push(await connectToLiveTransmit());
      least.push(await connectTime(port));
      warm.push(await connectTime(splitter.port));
      await waitForSpares(splitter, DEFAULT_SPARES + warm.length); // otherwise, a spare would start at the same time
      cold.push(await connectTime(withoutSpares.port));
    }
    const ratio = (times: readonly number[]) => median(times) / median(theirs);
    const peer = `srt-live-transmit: ${describe(theirs)}`;
    const what = "connect time of a caller";
    return [
      {
        what: `${what} for whom a spare waits, ${program}`,
        measured: `${ratio(warm).toFixed(1)} x (${describe(warm)})`,
        peer,
        empty: `smallest hand-off: ${ratio(least).toFixed(1)} x`,
        toReach: `<= ${CONNECT_RATIO} x`,
        holds: ratio(warm) <= CONNECT_RATIO,
      },
      {
        what: `${what} without a spare, ${program}`,
        measured: `${ratio(cold).toFixed(1)} x (${describe(cold)})`,
        peer,
        empty: `starts in ${(await runEmptyProgram()).ms.toFixed(0)} ms`,
      },
    ];
  });
}

/** A new srt-live-transmit for each caller, because it accepts only one. */
async function connectToLiveTransmit(): Promise<number> {
  await using peer = await startLiveTransmit();
  return await connectTime(peer.port);
}

async function connectTime(port: number): Promise<number> {
  await using caller = await SrtCaller.connect({ port });
  return caller.connectMs;
}

/** The smallest programs that hand callers over (`smallest_hand_off.ts`). Ends when disposed. */
class SmallestHandOff implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #isFirst = true;

  constructor() {
    const program = new URL("smallest_hand_off.ts", import.meta.url).pathname;
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--no-lock", "--cached-only", "-A", "--unstable-net", program, fileOfLibsrt()],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#output = this.#process.stdout.getReader();
    this.#input = this.#process.stdin.getWriter();
  }

  /** Starts the process for the next caller, and returns the port to call once it waits. */
  async start(): Promise<number> {
    if (!this.#isFirst) await this.#input.write(new Uint8Array(1));
    this.#isFirst = false;
    const { value } = await this.#output.read();
    if (value === undefined) throw new Error("the smallest hand-off has ended");
    return Number(new TextDecoder().decode(value));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL"); // its processes end with it
    await this.#process.status;
    await Promise.allSettled([this.#input.close(), this.#output.cancel()]);
  }
}
