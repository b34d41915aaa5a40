/**
 * Finds a free UDP port.
 *
 * @module
 */

/**
 * Returns a port that no socket of `address` has now, whatever its options.
 *
 * A socket with `SO_REUSEADDR` that is bound to port 0 may get the port of another one with that option.
 */
export function freePort(address: string): number {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: address, port: 0 });
  const { port } = socket.addr as Deno.NetAddr;
  socket.close();
  return port;
}
