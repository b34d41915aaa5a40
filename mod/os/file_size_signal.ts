/**
 * Ignores SIGXFSZ, the signal that kills a process which writes beyond the size limit of its files (`ulimit -f`).
 *
 * @module
 */

const SYMBOLS = {
  // typedef void (*sighandler_t)(int); sighandler_t signal(int signum, sighandler_t handler);
  signal: { parameters: ["i32", "pointer"], result: "pointer" },
} as const;

/** The same on x86_64 and aarch64. */
const SIGXFSZ = 25;
/** `(sighandler_t) 1`, signal.h. */
const SIG_IGN = 1n;

/**
 * Ignores the signal in this process: writing fails with EFBIG instead. The processes that it starts inherit this, except the
 * programs that `spawn.ts` starts.
 */
export function ignoreFileSizeSignal(): void {
  const libc = Deno.dlopen("libc.so.6", SYMBOLS);
  libc.symbols.signal(SIGXFSZ, Deno.UnsafePointer.create(SIG_IGN));
  libc.close();
}
