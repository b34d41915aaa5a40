/**
 * The address and the token of the web process: `--web`, `--web-token-file`, and the command `web`.
 *
 * @module
 */

import { formatEndpoint } from "../report/format.ts";
import { parseAddress } from "./address.ts";
import type { Form } from "./option.ts";
import { readSecret } from "./secret_file.ts";
import { type Place, placedConflict, UsageError, ValueError } from "./usage_error.ts";
import { parsePath } from "./values.ts";

/** The TCP port unless one is given. Our choice. */
const DEFAULT_PORT = 9080;

/** The address that is served unless another one is given. */
export const DEFAULT_WEB = `127.0.0.1:${DEFAULT_PORT}`;

/** Shortest token in bytes. Our choice: long enough that it cannot be guessed. */
const MIN_TOKEN_BYTES = 16;

/** `--web-token-file`. */
export const WEB_TOKEN_FILE: Form<string> = {
  flags: "--web-token-file <file>",
  help: "require the first line of this file as a bearer token, or a login with it, for HTTP requests",
  parse: parsePath,
};

/** An address to serve HTTP on. */
export interface WebAddress {
  /** Numeric, without brackets; `::`: every address of both families, `0.0.0.0`: every IPv4 address. */
  readonly host: string;
  /** TCP port, 0..65535; 0: any free one. */
  readonly port: number;
  /** Whether only programs on this machine can connect to it. */
  readonly isLoopback: boolean;
}

/** Reads `127.0.0.1:9080`, `[::1]:9080` or `:9080`, with or without the port. @throws {ValueError} */
export function parseWebAddress(text: string): WebAddress {
  try {
    if (text.includes("/")) throw new UsageError("it is a URL", { hint: "" });
    const { host, family, port } = parseAddress(text);
    const every = family === "IPv4" ? "0.0.0.0" : "::";
    return {
      host: host ?? every,
      port: /(?:^|:)\d+$/.test(text) ? port : DEFAULT_PORT,
      isLoopback: host !== null && /^127\.|^::1$/.test(host),
    };
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new ValueError("it is not an address", {
      hint: "write 127.0.0.1:9080, [::1]:9080, 192.0.2.7:9080 or :9080 (every local address)",
      cause,
    });
  }
}

/**
 * Throws if other machines could connect without a token.
 *
 * @param place Of the address.
 * @throws {UsageError}
 */
export function requireToken(place: Place, { host, port, isLoopback }: WebAddress, tokenFile: string | null): void {
  if (isLoopback || tokenFile !== null) return;
  const address = formatEndpoint({ address: host, port });
  throw placedConflict(place, {
    conflict: `at ${address} without --web-token-file: other machines could read recordings and stop sessions`,
    hint: "add --web-token-file FILE, with a token in its first line, or use a loopback address, such as 127.0.0.1",
  });
}

/** Reads a token: the first line of `path`. @throws {UsageError} */
export function readWebToken(path: string): string {
  const token = readSecret(path, { name: "web token", minBytes: MIN_TOKEN_BYTES });
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UsageError(
    `cannot use the web token file ${JSON.stringify(path)}: it has a character that cannot be in a bearer token`,
    {
      hint: "use printable ASCII characters without spaces, such as those of: openssl rand -hex 32",
    },
  );
}
