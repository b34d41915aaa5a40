/**
 * Exit codes of the program. Children have codes of their own, in mod/handoff/contract.ts.
 *
 * @module
 */

/** The codes by name. */
export const EXIT = {
  /** Success; also of `--help` and `--version`. */
  ok: 0,
  /** At least one session failed; the others are complete. `recover`: a sidecar could not be completed. */
  sessionFailed: 1,
  /** `stop`, `cut`, `ban`: not everything that was requested could be done. */
  notDone: 1,
  /** `check`: the caller would be refused. */
  wouldBeRefused: 1,
  /**
   * The command line, or a file that it names, cannot be used. Nothing was done, except that `send` may have connected,
   * `inspect` may have printed the results of earlier files, and the folder of `--out` may have been created.
   */
  usage: 2,
  /** Cannot listen on the address or port. `record`: another `record` command calls the same listeners. */
  cannotListen: 3,
  /**
   * `web`: cannot use the address, or the listener ended without a clean stop. `sessions`, `stop`, `cut`, `ban`, `web`: no
   * listener was found, or it did not answer.
   * `stop --all`: the listener did not confirm a clean end.
   */
  noListener: 3,
  /** No usable libsrt. */
  noLibsrt: 4,
  /** An `--expect` does not hold, and no session failed. */
  expectationFailed: 5,
  /** A session that `--wait` requires did not begin in time. */
  noCaller: 6,
  /** Success, but a report (`--junit`, `--summary`, `--ready-file`), stdout or stderr could not be written. */
  notReported: 7,
  /** `send`: the listener refused; the number of the reason is in the message. */
  refused: 10,
  /** `send`: no listener answered, its host name was not found, or the connection could not be opened. */
  noAnswer: 11,
  /** `send`: the connection ended before everything was acknowledged. */
  notDelivered: 12,
  /** A bug in this program, or a permission that `deno run` did not get. Our choice of number: EX_SOFTWARE of sysexits.h. */
  bug: 70,
  /**
   * `listen`, `record`: a second Ctrl-C ended the run at once. `send`: a signal ended it before the end of the file. Our choice
   * of number: what a shell shows for SIGINT.
   */
  interrupted: 130,
} as const;
