/**
 * What outlasts a web process: the key of its logins, and which of them have ended before their time. Logins end
 * with the listener, unless another one replaces it.
 *
 * @module
 */

import { BoundedMap } from "../admission/bounded_map.ts";
import type { WebLogins as ListedLogins } from "../handoff/control_message.ts";

/** Maximum number of ended logins that are remembered. Our choice: only a user who has the token can begin and end logins. */
const MAX_ENDED = 1000;
/** Length of the key. Our choice: as long as a SHA-256 digest. */
const KEY_BYTES = 32;

/** The logins to the web processes of a listener. */
export class WebLogins {
  /** Hexadecimal. A secret. */
  #key: string = crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toHex();
  readonly #ended = new BoundedMap<string, true>(MAX_ENDED);

  /** The key, and the IDs of the logins that have ended, the oldest first. */
  get listed(): ListedLogins {
    return { key: this.#key, ended: [...this.#ended].map(([id]) => id) };
  }

  /** Continues the logins of the listener that is replaced. */
  adopt({ key, ended }: ListedLogins): void {
    this.#key = key;
    this.end(ended);
  }

  /** Remembers that logins have ended. */
  end(ids: readonly string[]): void {
    for (const id of ids) this.#ended.put(id, true);
  }
}
