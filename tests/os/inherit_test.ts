/** Tests of MessageSocket.inherit (mod/os/message_socket.ts): which child process gets the socket. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { MessageSocket } from "../../mod/os/message_socket.ts";
import { readProcFile, readProcLink } from "../../mod/os/proc.ts";

const libc = openLibc();

/** Returns what a child of {@linkcode startChild} prints: the target of its descriptor, or `none`. */
async function descriptorOf(child: Deno.ChildProcess): Promise<string> {
  return new TextDecoder().decode((await child.output()).stdout).trim();
}

function startChild(descriptor: number): Deno.ChildProcess {
  return new Deno.Command("/bin/sh", {
    args: ["-c", 'readlink "/proc/self/fd/$0" || echo none', String(descriptor)],
    stdin: "null",
    stdout: "piped",
  }).spawn();
}

/** One end of a pair; the other is closed. */
function openEnd(): MessageSocket {
  const [end, other] = MessageSocket.pair(libc);
  other.close();
  return end;
}

Deno.test("MessageSocket.inherit gives the same socket to the child that its callback starts", async () => {
  using socket = openEnd();
  const own = readProcLink(libc, `/proc/self/fd/${socket.descriptor}`);
  strictEqual(await descriptorOf(socket.inherit(startChild)), own);
});

Deno.test("no child inherits a socket if it starts before or after MessageSocket.inherit, or inherits another socket", async () => {
  using socket = openEnd();
  using other = openEnd();
  const before = startChild(socket.descriptor);
  const inside = socket.inherit(startChild);
  const after = startChild(socket.descriptor);
  const elsewhere = other.inherit(() => startChild(socket.descriptor));
  const found = await Promise.all([before, after, elsewhere].map(descriptorOf));
  await inside.output();
  deepStrictEqual(found, ["none", "none", "none"]);
});

Deno.test("MessageSocket.inherit sets close-on-exec again also when the start fails", () => {
  using socket = openEnd();
  throws(() =>
    socket.inherit(() => {
      throw new Error("no process");
    }), /no process/);
  // O_CLOEXEC is 02000000 (fcntl.h)
  const [, flags = "0"] = /^flags:\s+(\d+)$/m.exec(
    readProcFile(libc, `/proc/self/fdinfo/${socket.descriptor}`) ?? "",
  ) ?? [];
  strictEqual(parseInt(flags, 8) & 0o2000000, 0o2000000);
});
