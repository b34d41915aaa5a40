/** Tests of mod/listener/control_server.ts: this process introduces itself to its own control socket. */
import { deepStrictEqual, match } from "node:assert/strict";
import { Channel } from "../../mod/handoff/channel.ts";
import { ChannelMessages } from "../../mod/handoff/channel_messages.ts";
import { ANSWER_ADOPTED, ANSWER_LEAVE } from "../../mod/handoff/contract.ts";
import { ControlServer, type ControlServerOptions } from "../../mod/listener/control_server.ts";
import { EventSubscribers } from "../../mod/listener/event_subscribers.ts";
import { bindAbstractName, connectAbstract } from "../../mod/os/abstract_socket.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { MessageSocket } from "../../mod/os/message_socket.ts";
import { Readiness } from "../../mod/os/readiness.ts";
import { introductionOf } from "../handoff/introduction_of.ts";
import { START } from "../report/events_of_a_run.ts";
import { waitUntil } from "../support/processes.ts";

const libc = openLibc();
const EMFILE = 24;

const INTRODUCTION = introductionOf({ start: { ...START, pid: Deno.pid } });

/** A control socket, and what it has adopted and reported. */
class Server implements AsyncDisposable {
  readonly adopted: string[] = [];
  readonly warnings: string[] = [];
  readonly subscribers = new EventSubscribers();
  readonly #name: string;
  readonly #readiness = new Readiness(libc);
  readonly #server: ControlServer;

  /** @param problem Why no process is adopted; null: each is. */
  constructor(
    openProcess: NonNullable<ControlServerOptions["openProcess"]>,
    { name = `srt-splitter-test/${crypto.randomUUID()}`, problem = null }: {
      readonly name?: string;
      readonly problem?: string | null;
    } = {},
  ) {
    this.#name = name;
    this.#server = new ControlServer({
      libc,
      readiness: this.#readiness,
      name: this.#name,
      adopt: ({ start }, process) => {
        if (problem !== null) return problem;
        this.adopted.push(start.session);
        process.leave();
        return null;
      },
      carryOut: () => Promise.reject(new Error("no command was sent")),
      subscribers: this.subscribers,
      openProcess,
      onWarning: (text) => void this.warnings.push(text),
      onDetail: () => {},
    });
    this.#server.open();
  }

  /** Introduces this process. Returns the answer. */
  async introduce(): Promise<string | null> {
    const connected = connectAbstract(libc, this.#name);
    if (connected === null) throw new Error("nothing listens");
    using channel = new Channel(connected.socket);
    channel.send(JSON.stringify(INTRODUCTION));
    return (await new ChannelMessages(channel, this.#readiness).next())?.text ?? null;
  }

  /** Resolves when the thread that waits for messages has returned. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    const [socket, peer] = MessageSocket.pair(libc);
    peer.close();
    await this.#readiness.readable(socket.descriptor);
    this.#readiness.close();
    socket.close();
  }
}

Deno.test("a process that cannot be opened is not adopted, and reported once with the cause", async () => {
  await using server = new Server(() => {
    throw libc.errorOf("pidfd_open", EMFILE);
  });
  deepStrictEqual([await server.introduce(), await server.introduce()], [ANSWER_LEAVE, ANSWER_LEAVE]);
  deepStrictEqual([server.adopted, server.warnings.length], [[], 1]);
  match(server.warnings.join(), /is not adopted: .*: too many open files\n/);
});

Deno.test("a process whose session is refused is not adopted, and reported once", async () => {
  await using server = new Server(() => null, { problem: "its session ID s3 is in use" });
  await server.introduce();
  await server.introduce();
  deepStrictEqual([server.adopted, server.warnings], [[], [
    `${START.session}: process ${Deno.pid} is not adopted: its session ID s3 is in use`,
  ]]);
});

Deno.test("the session of a process that has ended is adopted, because the end of its channel follows", async () => {
  await using server = new Server(() => null);
  deepStrictEqual([await server.introduce(), server.adopted], [ANSWER_ADOPTED, [START.session]]);
});

Deno.test("a name that another program holds is reported, and is used once it is free", async () => {
  const name = `srt-splitter-test/${crypto.randomUUID()}`;
  const held = bindAbstractName(libc, name);
  if (held === null) throw new Error("the name is in use");
  await using server = new Server(() => null, { name });
  try {
    await waitUntil("a warning", () => server.warnings.length > 0);
  } finally {
    libc.symbols.close(held);
  }
  match(
    server.warnings.join(),
    /^sessions of an earlier listener are not adopted: another program uses .*@srt-splitter-test/,
  );
  await waitUntil("the control socket", () => {
    const connected = connectAbstract(libc, name);
    connected?.socket.close();
    return connected !== null;
  });
  deepStrictEqual(await server.introduce(), ANSWER_ADOPTED);
});
