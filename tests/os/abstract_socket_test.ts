/** Tests of mod/os/abstract_socket.ts and mod/os/process_handle.ts. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  AbstractListener,
  bindAbstractName,
  connectAbstract,
  listAbstractNames,
} from "../../mod/os/abstract_socket.ts";
import { openLibc, OsError } from "../../mod/os/libc.ts";
import { ProcessHandle } from "../../mod/os/process_handle.ts";
import { Readiness } from "../../mod/os/readiness.ts";

const libc = openLibc();
const newName = () => `srt-splitter-test/${crypto.randomUUID()}`;

function listen(name: string): AbstractListener {
  const listener = AbstractListener.open(libc, name);
  if (listener === null) throw new Error(`${name} is in use`);
  return listener;
}

Deno.test("AbstractListener and connectAbstract return the process and user of the other side, and exchange messages", () => {
  const name = newName();
  using listener = listen(name);
  const near = connectAbstract(libc, name);
  const far = listener.accept();
  const self = { pid: Deno.pid, uid: libc.symbols.geteuid() };
  deepStrictEqual([near?.peer, far?.peer], [self, self]);
  near?.socket.send(Uint8Array.of(1, 2));
  const into = new Uint8Array(4);
  deepStrictEqual([far?.socket.receive(into), [...into]], [2, [1, 2, 0, 0]]);
  near?.socket.close();
  strictEqual(far?.socket.receive(into), "closed");
  far?.socket.close();
});

Deno.test("AbstractListener.accept returns null if nothing waits", () => {
  using listener = listen(newName());
  strictEqual(listener.accept(), null);
});

Deno.test("AbstractListener.open returns null if the name is in use, and the name is free once it is closed", () => {
  const name = newName();
  const listener = listen(name);
  strictEqual(AbstractListener.open(libc, name), null);
  listener.close();
  listen(name).close();
});

Deno.test("connectAbstract returns null if nothing listens", () => {
  strictEqual(connectAbstract(libc, newName()), null);
});

Deno.test("connectAbstract does not wait if too many connections wait to be accepted", () => {
  const name = newName();
  using _listener = listen(name);
  const connections = Array.from({ length: 200 }, () => connectAbstract(libc, name)?.socket ?? null);
  ok(connections.includes(null));
  for (const socket of connections) socket?.close();
});

Deno.test("listAbstractNames lists the names that begin with a prefix", () => {
  const name = newName();
  const bound = bindAbstractName(libc, `${name}/s1`);
  using _listener = listen(name);
  deepStrictEqual(listAbstractNames(libc, name).toSorted(), [name, `${name}/s1`]);
  if (bound !== null) libc.symbols.close(bound);
  deepStrictEqual(listAbstractNames(libc, name), [name]);
});

Deno.test("ProcessHandle.kill ends the process, and the descriptor becomes readable when the process has ended", async () => {
  using readiness = new Readiness(libc);
  const process = new Deno.Command("sleep", { args: ["60"] }).spawn();
  using handle = ProcessHandle.open(libc, process.pid);
  if (handle === null) throw new Error("no handle");
  const ended = readiness.readable(handle.descriptor);
  handle.kill();
  await ended;
  strictEqual((await process.status).signal, "SIGKILL");
  strictEqual(ProcessHandle.open(libc, process.pid), null);
});

Deno.test("ProcessHandle.open throws if the process cannot be opened for another reason than its end", () => {
  const noProcess = 0; // EINVAL
  throws(() => ProcessHandle.open(libc, noProcess), OsError);
});
