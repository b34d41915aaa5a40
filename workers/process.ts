/**
 * The process of a role: streams and signals.
 *
 * @module
 */

/** The process of a role. */
export interface RoleProcess {
  /** Writes all bytes to stdout; rejects once it is broken. */
  readonly writeOut: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** Writes all bytes to stderr; rejects once it is broken. */
  readonly writeErr: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** Calls `handle` for each of these signals until the process ends. */
  readonly onSignals: (signals: readonly Deno.Signal[], handle: (signal: Deno.Signal) => void) => void;
  /** Whether a write to stdout or stderr has failed; absent if that is not observed. */
  readonly outputFailed?: () => boolean;
}

/** Returns the process that this code runs in. */
export function openProcess(): RoleProcess {
  return {
    writeOut: (bytes) => writeAll(Deno.stdout, bytes),
    writeErr: (bytes) => writeAll(Deno.stderr, bytes),
    onSignals: (signals, handle) => {
      for (const signal of signals) Deno.addSignalListener(signal, () => handle(signal));
    },
  };
}

async function writeAll(stream: typeof Deno.stdout, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await stream.write(bytes.subarray(written));
}
