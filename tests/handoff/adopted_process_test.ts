import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { AdoptedProcess } from "../../mod/handoff/adopted_process.ts";
import { Channel } from "../../mod/handoff/channel.ts";
import { ChannelMessages } from "../../mod/handoff/channel_messages.ts";
import { ANSWER_LEAVE } from "../../mod/handoff/contract.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { MessageSocket } from "../../mod/os/message_socket.ts";
import { ProcessHandle } from "../../mod/os/process_handle.ts";
import { Readiness } from "../../mod/os/readiness.ts";
import { within } from "../support/deadline.ts";
import { LOOP_DISKS, LoopDisk } from "../support/loop_disk.ts";
import { needing } from "../support/needs.ts";
import { processFile, waitUntil } from "../support/processes.ts";

const libc = openLibc();

/** A shell that stands for a child of an earlier listener. It waits for a line on stdin, then runs `script`. */
class Adopted implements AsyncDisposable {
  readonly #readiness = new Readiness(libc);
  readonly #shell: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly process: AdoptedProcess;
  /** The child's end of the channel. */
  readonly far: Channel;

  constructor(script = "true") {
    this.#shell = new Deno.Command("sh", { args: ["-c", `read -r line; ${script}`], stdin: "piped" }).spawn();
    this.#input = this.#shell.stdin.getWriter();
    const [near, far] = MessageSocket.pair(libc);
    this.far = new Channel(far);
    const channel = new Channel(near);
    this.process = new AdoptedProcess({
      pid: this.#shell.pid,
      channel,
      messages: new ChannelMessages(channel, this.#readiness),
      readiness: this.#readiness,
      handle: ProcessHandle.open(libc, this.#shell.pid),
    });
  }

  /** Starts the script. */
  async begin(): Promise<void> {
    await this.#input.write(new TextEncoder().encode("\n"));
  }

  /** Resolves when the thread that waits for messages has returned. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {}); // the shell may have ended
    await this.#shell.status;
    this.far.close();
    const [socket, peer] = MessageSocket.pair(libc);
    peer.close();
    await this.#readiness.readable(socket.descriptor);
    this.#readiness.close();
    socket.close();
  }
}

Deno.test("AdoptedProcess.kill ends the process, and the end has the signal", async () => {
  await using adopted = new Adopted();
  adopted.process.kill();
  deepStrictEqual(await within(adopted.process.ended(), "the end"), { signal: "SIGKILL", code: null, isHeld: false });
});

Deno.test("AdoptedProcess.ended returns neither signal nor exit code if the process ends without AdoptedProcess.kill", async () => {
  await using adopted = new Adopted("exit 3");
  await adopted.begin();
  deepStrictEqual(await within(adopted.process.ended(), "the end"), { signal: null, code: null, isHeld: false });
});

Deno.test("AdoptedProcess.leave answers that the child is not adopted, and closes the channel", async () => {
  await using adopted = new Adopted();
  adopted.process.leave();
  deepStrictEqual(adopted.far.receive(), { kind: "message", text: ANSWER_LEAVE });
  strictEqual(adopted.far.receive().kind, "closed");
});

Deno.test({
  ...needing(
    [LOOP_DISKS],
    "AdoptedProcess.ended reports a process that the kernel holds after SIGKILL, and its messages end",
  ),
  fn: async () => {
    using disk = new LoopDisk("2M");
    await using adopted = new Adopted(`echo x > ${disk.path}/file`);
    using _frozen = disk.freeze();
    const { process } = adopted;
    const message = process.nextMessage();
    await adopted.begin();
    await waitUntil("the process to wait for the disk", () => /^State:\s*D/m.test(processFile(process.pid, "status")));
    process.kill();
    deepStrictEqual(await within(process.ended(), "the end"), { signal: "SIGKILL", code: null, isHeld: true });
    strictEqual(await within(message, "the end of the messages"), null);
  },
});
