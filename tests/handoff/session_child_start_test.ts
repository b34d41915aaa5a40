/** Tests of mod/handoff/child_process.ts: what a child gets, and what it does not. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { HandoffError } from "../../mod/handoff/child_command.ts";
import { ChildProcess } from "../../mod/handoff/child_process.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { listProcFolder, readProcFile, readProcLink } from "../../mod/os/proc.ts";
import { Readiness } from "../../mod/os/readiness.ts";
import { Child, READ_TICKET, READY } from "./started_child.ts";
import { ticketOf } from "./ticket_of.ts";

const libc = openLibc();

Deno.test("a child gets the ticket with the passphrase as its first message; argv and environment do not contain the passphrase", async () => {
  const ticket = ticketOf({ passphrase: "correct-horse", stream: "größe" });
  await using child = new Child([READ_TICKET, READY, 'printf "%s\\n" "$ticket" >&2', "read -r order"], { ticket });
  await child.whenTextCame();
  deepStrictEqual(JSON.parse(child.texts[0] ?? ""), ticket);
  const seen = ["cmdline", "environ"].map((name) => readProcFile(libc, `/proc/${child.child.pid}/${name}`));
  strictEqual(seen.some((text) => text === null || text.includes("correct-horse")), false);
});

Deno.test("a child gets its role, and with the ticket a descriptor of the caller socket", async () => {
  await using child = new Child([READ_TICKET, READY, 'echo "$0 $(readlink "/proc/$$/fd/$1")" >&2']);
  await child.outcome();
  const socket = readProcLink(libc, `/proc/self/fd/${child.socket.descriptor}`);
  deepStrictEqual(child.texts, [`session ${socket}`]);
});

Deno.test("a child has its own caller socket and the sockets that every process here inherits, and no other", async () => {
  const listDescriptors = 'for fd in "/proc/$$/fd"/*; do readlink "$fd"; done | grep ^socket: >&2';
  await using other = new Child([READ_TICKET, "read -r order"]);
  await using child = new Child([READ_TICKET, READY, listDescriptors]);
  const [own, others] = [child, other].map(({ socket }) => readProcLink(libc, `/proc/self/fd/${socket.descriptor}`));
  const plain = await new Deno.Command("/bin/sh", { args: ["-c", listDescriptors], stdin: "null" }).output();
  const inherited = new TextDecoder().decode(plain.stderr).split("\n");
  await child.outcome();
  strictEqual(child.texts.includes(String(others)), false);
  deepStrictEqual(child.texts.filter((link) => !inherited.includes(link)), [own]);
});

Deno.test("a child does not inherit HOME and PATH from this process", async () => {
  await using child = new Child([READ_TICKET, READY, "tr '\\0' '\\n' < /proc/$$/environ >&2"]);
  await child.outcome();
  deepStrictEqual(child.texts.filter((line) => line.startsWith("HOME=") || line.startsWith("PATH=")), []);
});

Deno.test("a child runs in a process session of its own, which Ctrl-C does not reach", async () => {
  await using child = new Child([READ_TICKET, READY, "cut -d ' ' -f 6 /proc/$$/stat >&2"]);
  await child.outcome();
  deepStrictEqual(child.texts, [String(child.child.pid)]);
});

Deno.test("ChildProcess.start throws HandoffError with its cause if there is no such program, and leaves nothing open", () => {
  using readiness = new Readiness(libc);
  const command = { file: "/nowhere/deno", args: [], environment: {}, folder: "/", files: [] };
  const open = () => listProcFolder(libc, "/proc/self/fd").length;
  const before = open();
  throws(() => ChildProcess.start(command, { libc, readiness, libsrt: "libsrt.so.1.5" }), (error) => {
    return error instanceof HandoffError && error.cause instanceof Deno.errors.NotFound;
  });
  strictEqual(open(), before);
});
