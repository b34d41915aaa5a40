/**
 * How `send` behaves with each listener: the columns of the table.
 *
 * @module
 */

import { FedProgram } from "../support/fed_program.ts";
import { processFile, waitUntil } from "../support/processes.ts";
import { type RunResult, Splitter } from "../support/splitter.ts";
import { freePort } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { PASSPHRASE, UTF8_NAME, WRONG_PASSPHRASE } from "./caller_cases.ts";
import { HOST } from "./callers.ts";
import type { ListenerProgram } from "./listeners.ts";
import type { Material, Materials } from "./materials.ts";
import { type Cell, describeReceived } from "./recorded.ts";
import { messageIn } from "./printed.ts";

/** Runs `send` once, and judges what happened. */
export type ListenerCase = (listener: ListenerProgram, materials: Materials) => Promise<Cell>;

/** Exit codes of `send`. */
const REFUSED = 10;
const UNDELIVERED = 12;

/** How long a listener may take to write what it has received, in ms. */
const WRITING_MS = 3000;

/** How much is received before the listener is ended. */
const RECEIVED_BYTES = 150_000;

/** The options of one run. */
interface Run {
  readonly passphrase: string | null;
  readonly sendPassphrase: string | null;
  readonly streamId?: string;
  /** Called once the listener has received something. */
  readonly received?: (program: FedProgram) => void;
}

/** Every column by its name. */
export const LISTENER_CASES: Readonly<Record<string, ListenerCase>> = {
  plain: (listener, { whole }) => deliver(listener, whole, { passphrase: null, sendPassphrase: null }),
  passphrase: (listener, { whole }) => deliver(listener, whole, { passphrase: PASSPHRASE, sendPassphrase: PASSPHRASE }),
  "wrong passphrase": (listener, { whole }) =>
    expectFailure(listener, whole, {
      run: { passphrase: PASSPHRASE, sendPassphrase: WRONG_PASSPHRASE },
      code: REFUSED,
    }),
  "no passphrase": (listener, { whole }) =>
    expectFailure(listener, whole, { run: { passphrase: PASSPHRASE, sendPassphrase: null }, code: REFUSED }),
  "UTF-8 name": (listener, { whole }) =>
    deliver(listener, whole, { passphrase: null, sendPassphrase: null, streamId: UTF8_NAME }),
  "listener ends": (listener, { long }) => {
    const received = (program: FedProgram) => program.signal("SIGINT");
    return expectFailure(listener, long, {
      run: { passphrase: null, sendPassphrase: null, received },
      code: UNDELIVERED,
    });
  },
};

async function deliver(listener: ListenerProgram, material: Material, run: Run): Promise<Cell> {
  using folder = new TemporaryFolder();
  const output = folder.file("received.ts");
  const { result, lines } = await send(listener, { output, material, run });
  if (result.code !== 0) return { text: `exit code ${result.code}`, right: false, printed: messageOf(result) };
  const { text, right } = describeReceived(Deno.readFileSync(output), material.payload);
  const { accepted } = listener;
  const names = lines.map((line) => accepted?.exec(line)?.[1]).filter((name) => name !== undefined);
  if (accepted !== undefined && names[0] !== (run.streamId ?? "")) {
    return { text: `name ${JSON.stringify(names[0])}`, right: false, printed: null };
  }
  return { text, right, printed: null };
}

async function expectFailure(
  listener: ListenerProgram,
  material: Material,
  { run, code }: { readonly run: Run; readonly code: number },
): Promise<Cell> {
  using folder = new TemporaryFolder();
  const { result } = await send(listener, { output: folder.file("received.ts"), material, run });
  const message = messageOf(result);
  const [, reason] = /SRT reason (\d+)/.exec(message) ?? [];
  return { text: reason ?? `exit code ${result.code}`, right: result.code === code, printed: message };
}

async function send(
  listener: ListenerProgram,
  { output, material, run }: { readonly output: string; readonly material: Material; readonly run: Run },
): Promise<{ readonly result: RunResult; readonly lines: readonly string[] }> {
  const port = freePort();
  await using program = FedProgram.start(listener.command({ port, passphrase: run.passphrase, output }), null);
  await waitUntil("the listener", () => isBound(port));
  const query = run.streamId === undefined ? "" : `?streamid=${encodeURIComponent(run.streamId)}`;
  const sending = Splitter.run(["send", material.file, `srt://${HOST}:${port}${query}`], {
    env: run.sendPassphrase === null ? {} : { SRT_SPLITTER_PASSPHRASE: run.sendPassphrase },
  });
  if (run.received !== undefined) {
    await waitUntil("payload", () => sizeOf(output) > RECEIVED_BYTES);
    run.received(program);
  }
  const result = await sending;
  // a listener that serves several callers does not end by itself: it gets time to write what it received, then SIGINT
  if (result.code === 0) await program.endedWithin(WRITING_MS);
  program.signal("SIGINT");
  await program.endedWithin(WRITING_MS);
  return { result, lines: program.lines };
}

/** Reports whether a UDP port is bound, as `/proc/net/udp` shows it. */
function isBound(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return processFile("self", "net/udp").includes(`:${hex} `);
}

function sizeOf(file: string): number {
  try {
    return Deno.statSync(file).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

function messageOf({ stderr }: RunResult): string {
  return messageIn(stderr.split("\n")[0] ?? "");
}
