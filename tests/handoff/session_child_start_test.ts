/** Tests of mod/handoff/session_child.ts: what a child inherits, and what it does not. */
import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import { HandoffError } from "../../mod/handoff/child_command.ts";
import { SessionChild } from "../../mod/handoff/session_child.ts";
import { CallerSocket } from "../../mod/os/caller_socket.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { readProcFile, readProcLink } from "../../mod/os/proc.ts";
import { Child, READ_TICKET, READY } from "./started_child.ts";
import { ticketOf } from "./ticket_of.ts";

const libc = openLibc();

Deno.test("a child gets the ticket as its first line, with the passphrase, and neither argv nor environment hold it", async () => {
  const ticket = ticketOf({ passphrase: "correct-horse", stream: "größe" });
  await using child = new Child([READ_TICKET, READY, 'printf "%s\\n" "$ticket" >&2', "read -r order"], { ticket });
  await child.whenTextCame();
  deepStrictEqual(JSON.parse(child.texts[0] ?? ""), ticket);
  const seen = ["cmdline", "environ"].map((name) => readProcFile(libc, `/proc/${child.child.pid}/${name}`));
  strictEqual(seen.some((text) => text === null || text.includes("correct-horse")), false);
});

Deno.test("a child gets its role and the number of the socket, and has the socket under it", async () => {
  await using child = new Child([READ_TICKET, READY, 'echo "$0 $1 $(readlink "/proc/$$/fd/$1")" >&2']);
  await child.outcome();
  const { descriptor } = child.socket;
  const socket = readProcLink(libc, `/proc/self/fd/${descriptor}`);
  deepStrictEqual(child.texts, [`session ${descriptor} ${socket}`]);
});

Deno.test("a child has its own socket besides what every child has, and no other", async () => {
  const listDescriptors = 'for fd in "/proc/$$/fd"/*; do readlink "$fd"; done | grep ^socket: >&2';
  await using other = new Child([READ_TICKET, "read -r order"]);
  await using child = new Child([READ_TICKET, READY, listDescriptors]);
  const [own, others] = [child, other].map(({ socket }) => readProcLink(libc, `/proc/self/fd/${socket.descriptor}`));
  const plain = await new Deno.Command("/bin/sh", { args: ["-c", listDescriptors], stdin: "null" }).output();
  const everyChilds = new TextDecoder().decode(plain.stderr).split("\n");
  await child.outcome();
  strictEqual(child.texts.includes(String(others)), false);
  deepStrictEqual(child.texts.filter((link) => !everyChilds.includes(link)), [own]);
});

Deno.test("a child gets the environment of its command and nothing of this process", async () => {
  await using child = new Child([READ_TICKET, READY, "tr '\\0' '\\n' < /proc/$$/environ >&2"]);
  await child.outcome();
  deepStrictEqual(child.texts.filter((line) => line.startsWith("HOME=") || line.startsWith("PATH=")), []);
});

Deno.test("a child runs in a process session of its own, which Ctrl-C does not reach", async () => {
  await using child = new Child([READ_TICKET, READY, "cut -d ' ' -f 6 /proc/$$/stat >&2"]);
  await child.outcome();
  deepStrictEqual(child.texts, [String(child.child.pid)]);
});

Deno.test("SessionChild.start throws HandoffError with its cause if there is no such program, and keeps the socket", () => {
  using socket = CallerSocket.open(libc, {
    local: { address: "127.0.0.1", port: 0 },
    caller: { address: "127.0.0.1", port: 9 },
  });
  const command = { file: "/nowhere/deno", args: [], environment: {}, folder: null };
  const onText = () => {};
  throws(() => SessionChild.start(command, { socket, ticket: ticketOf(), onText }), (error) => {
    if (!(error instanceof HandoffError)) return false;
    match(error.message, /^cannot start a child for session s1$/);
    return error.cause instanceof Deno.errors.NotFound;
  });
  match(String(readProcLink(libc, `/proc/self/fd/${socket.descriptor}`)), /^socket:/);
});
