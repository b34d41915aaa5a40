/**
 * Why it is not possible to listen, in words.
 *
 * @module
 */

import type { PortOwner } from "../os/port_owner.ts";

/** It is not possible to listen. */
export class ListenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ListenError";
  }

  /** Somebody has the port. `at` is the address as people write it. */
  static inUse(at: string, { pid, command }: PortOwner): ListenError {
    const holder = pid === null ? "another user's process" : `process ${pid} (${command ?? "unknown"})`;
    return new ListenError(
      `Cannot listen on ${at}: the port is in use by ${holder}; end it, or choose another port (port 0 takes a free one)`,
    );
  }

  /** What `Deno.listenDatagram` threw for that address and port. */
  static of(at: string, port: number, cause: unknown): ListenError {
    return new ListenError(`Cannot listen on ${at}: ${explain(cause, port)}`, { cause });
  }
}

function explain(error: unknown, port: number): string {
  if (error instanceof Deno.errors.AddrInUse) return "the port is in use; choose another (port 0 takes a free one)";
  if (error instanceof Deno.errors.AddrNotAvailable) return "this machine does not have that address (see: ip address)";
  if (error instanceof Deno.errors.PermissionDenied) {
    return `no permission for port ${port}; use a port from 1024 up, or run as root`;
  }
  return error instanceof Error ? error.message : String(error);
}
