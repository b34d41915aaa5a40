/**
 * Where to listen.
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
