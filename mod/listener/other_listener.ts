/**
 * Finds the listener that has a port, so that an error can state how to take its place, or how to end it.
 *
 * @module
 */

import type { OtherListener } from "../door/listen_error.ts";
import { controlPlace, controlPrefix, formatPlace } from "../handoff/control_name.ts";
import { connectAbstract, listAbstractNames } from "../os/abstract_socket.ts";
import type { Libc } from "../os/libc.ts";

/**
 * Returns the listener with this process ID; null if that process is not a listener. `own`: the name of the control socket of the
 * listener that searches.
 */
export function findOtherListener(
  libc: Libc,
  { pid, own }: { readonly pid: number; readonly own: string },
): OtherListener | null {
  for (const name of new Set(listAbstractNames(libc, controlPrefix(null)))) {
    const place = controlPlace(name);
    if (place === null) continue;
    const connected = connectAbstract(libc, name);
    connected?.socket.close();
    // any user can bind any name
    if (connected?.peer.pid !== pid || connected.peer.uid !== place.uid) continue;
    return { address: formatPlace(place), isReplaceable: name === own };
  }
  return null;
}
