/**
 * The process as a role sees it: streams and signals.
 *
 * @module
 */

/** More than a ticket has. */
const STDIN_BYTES = 16_384;

/** The process of a role. */
export interface RoleProcess {
  /** Chunks of stdin. Each is valid until the next is read. To be read once. */
  readonly stdin: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Writes all bytes to stdout; rejects once it is broken. */
  readonly writeOut: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** Writes all bytes to stderr; rejects once it is broken. */
  readonly writeErr: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** Calls `handle` for each of these signals until the process ends. */
  readonly onSignals: (signals: readonly Deno.Signal[], handle: (signal: Deno.Signal) => void) => void;
  /** Whether stdout or stderr could not be written so far; absent if that is not observed. */
  readonly outputFailed?: () => boolean;
}

/** The process that runs now. */
export function openProcess(): RoleProcess {
  return {
    stdin: readStdin(),
    writeOut: (bytes) => writeAll(Deno.stdout, bytes),
    writeErr: (bytes) => writeAll(Deno.stderr, bytes),
    onSignals: (signals, handle) => {
      for (const signal of signals) Deno.addSignalListener(signal, () => handle(signal));
    },
  };
}

/** Without a web stream, which would take 5 ms of processor time at the start of each child. */
async function* readStdin(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(STDIN_BYTES);
  for (let read = await Deno.stdin.read(buffer); read !== null; read = await Deno.stdin.read(buffer)) {
    yield buffer.subarray(0, read);
  }
}

async function writeAll(stream: typeof Deno.stdout, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await stream.write(bytes.subarray(written));
}
