/**
 * Explains why a port cannot be listened on.
 *
 * @module
 */

import type { PortOwner } from "../os/port_owner.ts";
import { MASK, maskSecrets } from "../packet/secret_text.ts";
import { ProblemError, systemProblem } from "../report/problem.ts";

/** Longest command line of another program in a message. Our choice: more is not needed to recognize it. */
const MAX_COMMAND_CHARACTERS = 60;

/** A running listener of this program. */
export interface OtherListener {
  /** As `--listener` accepts it. */
  readonly address: string;
  /** Whether `--replace` takes its place: it runs as the same user, and was started with the same address. */
  readonly isReplaceable: boolean;
}

/** The port cannot be listened on. */
export class ListenError extends ProblemError {
  override readonly name = "ListenError";

  /**
   * Another process has the port.
   *
   * @param at The address as it is in a URI.
   * @param listener That process, if it is a listener of this program; otherwise null.
   */
  static inUse(at: string, { pid, command }: PortOwner, listener: OtherListener | null): ListenError {
    if (listener !== null) {
      const { address, isReplaceable } = listener;
      const end = `to end it: srt-splitter stop --all --listener ${address}`;
      return new ListenError(
        `cannot listen on ${at}: already in use by another srt-splitter on ${address} (PID ${pid})`,
        {
          hint: isReplaceable
            ? `to take its place and its sessions, add --replace; ${end}`
            : `choose another port; ${end}`,
        },
      );
    }
    const holder = pid === null ? "a process of another user" : `${formatCommand(command)} (PID ${pid})`;
    return new ListenError(`cannot listen on ${at}: already in use by ${holder}`, {
      hint: "choose another port (0 is any free one), or stop that program",
    });
  }

  /** `cause`: what was thrown when that address and port were bound. */
  static of(at: string, port: number, cause: unknown): ListenError {
    const [reason, hint] = explain(cause, port);
    return new ListenError(`cannot listen on ${at}: ${reason}`, { hint, cause });
  }
}

/**
 * Returns the name of the program and as many whole arguments as fit, with secrets masked. The text ends before an argument that
 * ends with a secret, or that a secret follows, such as `--passphrase`.
 */
function formatCommand([program = "a process", ...rest]: readonly string[]): string {
  let text = maskSecrets(program.slice(program.lastIndexOf("/") + 1));
  for (const argument of rest) {
    const longer = `${text} ${maskSecrets(argument)}`;
    if (longer.length > MAX_COMMAND_CHARACTERS || maskSecrets(`${argument}=`).endsWith(MASK)) return `${text} ...`;
    text = longer;
  }
  return text;
}

/** The reason, and a hint or null. */
function explain(error: unknown, port: number): readonly [string, string | null] {
  if (error instanceof Deno.errors.AddrInUse) {
    return ["the port is in use", "choose another port (0 is any free one)"];
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return ["this machine does not have that address", "to list the addresses of this machine: ip addr"];
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return [`no permission for port ${port}`, "use port 1024 or a higher one, or run as root"];
  }
  return [systemProblem(error), null];
}
