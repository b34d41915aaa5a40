import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Channel } from "../../mod/handoff/channel.ts";
import { parseChildMessage } from "../../mod/handoff/child_message.ts";
import { ANSWER_LEAVE } from "../../mod/handoff/contract.ts";
import { readFirstMessage } from "../../mod/handoff/introduction.ts";
import { Link } from "../../mod/handoff/link.ts";
import { AbstractListener } from "../../mod/os/abstract_socket.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { MessageSocket } from "../../mod/os/message_socket.ts";
import { END, SEGMENT, START } from "../report/events_of_a_run.ts";
import { waitUntil } from "../support/processes.ts";
import { ticketOf } from "./ticket_of.ts";

const libc = openLibc();

const FILES = Array.from({ length: 20_000 }, (_, index) => `/srv/${"ö".repeat(120)}-${index}.ts`);

Deno.test("Link introduces a session of 20,000 files with long names, and names the newest of them", () => {
  const control = `srt-splitter-test/${crypto.randomUUID()}`;
  const [near, far] = MessageSocket.pair(libc);
  using channel = new Channel(near);
  const link = new Link(libc, channel);
  link.begin(ticketOf({ control, session: START.session }), false);
  far.close();
  link.send({ ...START, file: null });
  for (const file of FILES) link.send({ ...SEGMENT, session: START.session, file });
  const listener = AbstractListener.open(libc, control);
  if (listener === null) throw new Error("the name is in use");
  using _listener = listener;
  link.send({ ...END, session: START.session });
  const accepted = listener.accept();
  if (accepted === null) throw new Error("nothing connects");
  using next = new Channel(accepted.socket);
  let received = next.receive();
  for (; received.kind === "empty"; received = next.receive()) link.receive();
  const first = received.kind === "message" ? readFirstMessage(received.text) : null;
  if (first?.kind !== "session") throw new Error(`it is ${first?.kind ?? received.kind}`);
  const { files: newest, omittedFiles } = first.introduction;
  strictEqual(newest.length > 1000, true);
  deepStrictEqual(newest, FILES.slice(omittedFiles));
  link.channel.close();
});

Deno.test("Link sends the end of a session of 20,000 files with long names, and names the newest of them", () => {
  const [near, far] = MessageSocket.pair(libc);
  using channel = new Channel(near);
  using listener = new Channel(far);
  const link = new Link(libc, channel);
  link.send({ ...END, file: FILES.at(-1) ?? null, files: FILES });
  let received = listener.receive();
  for (; received.kind === "empty"; received = listener.receive()) channel.flush();
  if (received.kind !== "message") throw new Error(`it is ${received.kind}`);
  const message = parseChildMessage(received.text, END.session);
  if (message?.event !== "session-end") throw new Error(`it is ${message?.event}`);
  strictEqual(message.files.length > 10_000, true);
  deepStrictEqual(message.files, FILES.slice(-message.files.length));
});

Deno.test("Link.receive returns closed if a listener has ended, and if the next one does not adopt the child", async () => {
  const control = `srt-splitter-test/${crypto.randomUUID()}`;
  const [near, far] = MessageSocket.pair(libc);
  const link = new Link(libc, new Channel(near));
  link.begin(ticketOf({ control, session: START.session }), false);
  link.send({ ...START, file: null });
  using listener = AbstractListener.open(libc, control);
  if (listener === null) throw new Error("the name is in use");
  far.close();
  strictEqual(link.receive().kind, "closed");
  const connections: MessageSocket[] = [];
  await waitUntil("a connection", () => {
    strictEqual(link.receive().kind, "empty");
    const accepted = listener.accept();
    if (accepted !== null) connections.push(accepted.socket);
    return accepted !== null;
  });
  const [socket] = connections;
  if (socket === undefined) throw new Error("nothing connects");
  using next = new Channel(socket);
  next.send(ANSWER_LEAVE);
  deepStrictEqual([link.receive(), link.receive()], [{ kind: "closed" }, { kind: "empty" }]);
  link.channel.close();
});
