/** Tests of mod/srt/connect.ts: the states that libsrt reports while a socket connects. */
import { rejects, strictEqual } from "node:assert/strict";
import { CallRefusedError, connectSocket } from "../../mod/srt/connect.ts";
import type { SrtSocket } from "../../mod/srt/socket.ts";
import { libsrt } from "./connected_pair.ts";

/**
 * Connects a socket that reports these states, the last one again and again. `reason`: why it was rejected, as libsrt reports it.
 */
function connect(
  states: readonly SrtSocket["state"][],
  { reason = 0, isGivenUp = () => false }: { readonly reason?: number; readonly isGivenUp?: () => boolean } = {},
): Promise<boolean> {
  let reads = 0;
  const socket = {
    id: 1,
    get state(): SrtSocket["state"] {
      reads += 1;
      return states[Math.min(reads, states.length) - 1] ?? "nonexistent";
    },
    symbols: { ...libsrt.symbols, srt_connect: () => 0, srt_getrejectreason: () => reason },
  };
  return connectSocket(socket, new Uint8Array(16), isGivenUp);
}

function isRefusedWith(reason: number): (error: unknown) => boolean {
  return (error) => error instanceof CallRefusedError && error.reason === reason;
}

// libsrt 1.5.1 reports these for a third of all new connections, if the state is read all the time
for (
  const states of [
    ["connecting", "broken", "connected"],
    ["connecting", "broken", "connecting", "connected"],
    ["broken", "connecting", "broken", "connected"],
  ] as const
) {
  Deno.test(`a socket that is ${states.join(", then ")} is connected`, async () => {
    strictEqual(await connect(states), true);
  });
}

Deno.test("a socket that is broken and has a rejection reason is refused at once", async () => {
  await rejects(connect(["connecting", "broken", "connected"], { reason: 1403 }), isRefusedWith(1403));
});

Deno.test("a socket that stays broken without a reason, or that libsrt has removed, is refused", async () => {
  await rejects(connect(["connecting", "broken"]), isRefusedWith(0));
  await rejects(connect(["connecting", "nonexistent"]), isRefusedWith(0));
});

Deno.test("a call can be given up while it is connecting or broken", async () => {
  strictEqual(await connect(["connecting"], { isGivenUp: () => true }), false);
  strictEqual(await connect(["broken"], { isGivenUp: () => true }), false);
});
