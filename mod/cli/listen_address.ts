/**
 * Where to listen.
 *
 * Called by: mod/cli/parse_address.ts and mod/cli/parse_host.ts make it, workers/listen says by it what the listener listens on.
 * Fails: never, types only.
 *
 * @module
 */

/** One local address or every one of a family, and the port. */
export interface ListenAddress {
  /** Numeric address without brackets, IPv6 in its canonical form; null: every local address of `family`. */
  readonly host: string | null;
  /** Family of `host`, or the one that "every address" is limited to; null: both. */
  readonly family: "IPv4" | "IPv6" | null;
  /** UDP port, 0..65535; 0: any free one. */
  readonly port: number;
}
