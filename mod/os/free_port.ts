/**
 * Finds a free UDP port.
 *
 * @module
 */

/**
 * Returns a UDP port of `address` that no socket uses now.
 *
 * The port is requested without `SO_REUSEADDR`: with it, the kernel could choose the port of another socket that has the option.
 */
export function freePort(address: string): number {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: address, port: 0 });
  const { port } = socket.addr as Deno.NetAddr;
  socket.close();
  return port;
}
