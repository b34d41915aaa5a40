/** Tests of mod/os/udp_overflows.ts: what the kernel counts when a socket's receive buffer is full. */
import { ok } from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { readUdpOverflows } from "../../mod/os/udp_overflows.ts";

for (const address of ["127.0.0.1", "::1"]) {
  Deno.test(`readUdpOverflows counts datagrams that a full socket of ${address} lost`, async () => {
    const libc = openLibc();
    const full = Deno.listenDatagram({ transport: "udp", hostname: address, port: 0 });
    const sender = Deno.listenDatagram({ transport: "udp", hostname: address, port: 0 });
    try {
      const before = readUdpOverflows(libc, { address }) ?? NaN;
      const datagram = new Uint8Array(60_000);
      for (let sent = 0; sent < 12e6; sent += datagram.length) await sender.send(datagram, full.addr);
      ok((readUdpOverflows(libc, { address }) ?? NaN) > before);
    } finally {
      full.close();
      sender.close();
    }
  });
}
