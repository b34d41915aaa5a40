/**
 * Messages to the service manager that has started this process (`sd_notify(3)`), such as systemd.
 *
 * @module
 */

import { type Libc, LIBC_FILE, type OsError } from "./libc.ts";
import { openLibrary } from "./library_functions.ts";
import { readVariable, SERVICE_VARIABLES } from "./own_process.ts";
import { AF_UNIX, MSG_DONTWAIT, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_DGRAM } from "./raw.ts";

/** Longest name in bytes: `sun_path` has 108, and the last or the first one is 0. */
const MAX_NAME_BYTES = 107;
/** linux/time.h */
const CLOCK_MONOTONIC = 1;
const CLOCK_SYMBOLS = {
  // int clock_gettime(clockid_t clockid, struct timespec *tp); struct timespec is two signed 64-bit numbers
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
} as const;

/** The service manager of this process. */
export class ServiceManager {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #address: Uint8Array<ArrayBuffer>;
  /** Longest time between two messages `WATCHDOG=1`, in ms; null: none are expected. */
  readonly watchdogMs: number | null;

  private constructor(
    libc: Libc,
    { descriptor, address, watchdogMs }: {
      readonly descriptor: number;
      readonly address: Uint8Array<ArrayBuffer>;
      readonly watchdogMs: number | null;
    },
  ) {
    this.#libc = libc;
    this.#descriptor = descriptor;
    this.#address = address;
    this.watchdogMs = watchdogMs;
  }

  /**
   * Finds the service manager in the environment of this process. Its socket stays open until this process ends.
   *
   * @returns Null if there is none, or if its address is not that of a Unix socket.
   * @throws {OsError} No descriptor is left.
   */
  static find(libc: Libc): ServiceManager | null {
    const [name, microseconds, pid = null] = SERVICE_VARIABLES.map((variable) => readVariable(libc, variable));
    const address = encodeAddress(name ?? "");
    if (address === null) return null;
    const descriptor = libc.symbols.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw libc.lastError("cannot make a Unix socket");
    const isMeant = pid === null || Number(pid) === Deno.pid;
    const watchdogMs = isMeant && Number(microseconds) > 0 ? Number(microseconds) / 1000 : null;
    return new ServiceManager(libc, { descriptor, address, watchdogMs });
  }

  /** Sends assignments such as `READY=1`. Returns null, or why they were not sent. Never waits. */
  notify(assignments: readonly string[]): OsError | null {
    const bytes = new TextEncoder().encode(assignments.join("\n"));
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    const sent = this.#libc.symbols.sendto(
      this.#descriptor,
      bytes,
      BigInt(bytes.length),
      flags,
      this.#address,
      this.#address.length,
    );
    return Number(sent) >= 0 ? null : this.#libc.lastError("cannot send to NOTIFY_SOCKET");
  }
}

/** Returns the time of the kernel's monotonic clock in µs, as `MONOTONIC_USEC` has it. */
export function monotonicMicroseconds(): bigint {
  using library = openLibrary(LIBC_FILE, CLOCK_SYMBOLS);
  const [time, perSecond, perMicrosecond] = [new BigInt64Array(2), 1_000_000n, 1000n];
  library.symbols.clock_gettime(CLOCK_MONOTONIC, time);
  const [seconds = 0n, nanoseconds = 0n] = time;
  return seconds * perSecond + nanoseconds / perMicrosecond;
}

/** `struct sockaddr_un` of a path, or of an abstract name with `@` in front; null for anything else. */
function encodeAddress(name: string): Uint8Array<ArrayBuffer> | null {
  const bytes = new TextEncoder().encode(name);
  if (!/^[@/]/.test(name) || bytes.length > MAX_NAME_BYTES) return null;
  const isAbstract = name.startsWith("@");
  const address = new Uint8Array(2 + bytes.length + (isAbstract ? 0 : 1));
  address[0] = AF_UNIX; // sa_family_t is in host order; every Linux that Deno runs on is little-endian
  address.set(bytes, 2);
  if (isAbstract) address[2] = 0;
  return address;
}
