/**
 * The names of the abstract Unix sockets by which a listener, its children and commands find each other.
 *
 * @module
 */

import { formatEndpoint } from "../report/format.ts";

/** Where a listener is found: its user ID, and the address and port that it listens on. */
export interface ControlPlace {
  readonly uid: number;
  /** The numeric address, IPv6 in its canonical form; `*`, `0.0.0.0` or `::` for every address; `record` for that command. */
  readonly address: string;
  /** For `record`, a hash of the listeners that it calls (`recordNumber`). */
  readonly port: number;
}

/**
 * First part of every name. The number is the version of the form of the first message. Programs of different versions can exchange
 * messages as long as this number is the same.
 */
const PREFIX = "srt-splitter/1";

/** Returns the first part of the names of all listeners of a user; null: of every user. */
export function controlPrefix(uid: number | null): string {
  return uid === null ? `${PREFIX}/` : `${PREFIX}/${uid}/`;
}

/** Returns the name of the control socket of a listener. */
export function controlName({ uid, address, port }: ControlPlace): string {
  return `${controlPrefix(uid)}${address}/${port}`;
}

/** Returns the place of a control socket by its name; null if it is the name of a session, or of another program. */
export function controlPlace(name: string): ControlPlace | null {
  const [, uid, address, port] = /^srt-splitter\/1\/(\d+)\/([^/]+)\/(\d+)$/.exec(name) ?? [];
  return address === undefined ? null : { uid: Number(uid), address, port: Number(port) };
}

/** Formats a place as `--listener` accepts it: `127.0.0.1:9000`, `:9000`, `record:12345678`. */
export function formatPlace({ address, port }: Pick<ControlPlace, "address" | "port">): string {
  return address === "*" ? `:${port}` : formatEndpoint({ address, port });
}

/**
 * Returns the name that the child of a session holds while it runs, so that no later listener gives out its ID again. If the payload
 * is not written to files, the child listens under this name, and sends the payload to programs that connect (`live_sender.ts`).
 */
export function sessionName(control: string, session: string): string {
  return `${control}/${session}`;
}

/** Maximum number of digits in the number of a session. Our choice: any user can use any name, so a larger number may be forged. */
const MAX_DIGITS = 9;

/** Returns the number of a session ID such as `s12`, or null. */
export function sessionNumber(session: string): number | null {
  const digits = /^s(\d+)$/.exec(session)?.[1];
  return digits === undefined || digits.length > MAX_DIGITS ? null : Number(digits);
}

/** Returns the numbers of the sessions of this control socket whose children hold their names. `names`: those in use. */
export function sessionNumbers(control: string, names: readonly string[]): readonly number[] {
  const prefix = sessionName(control, "");
  const own = names.filter((name) => name.startsWith(prefix));
  return own.map((name) => sessionNumber(name.slice(prefix.length))).filter((number) => number !== null);
}

/** Returns the largest of {@linkcode sessionNumbers}; 0 if there is none. */
export function lastSessionNumber(control: string, names: readonly string[]): number {
  return Math.max(0, ...sessionNumbers(control, names));
}
