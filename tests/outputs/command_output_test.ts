import assert from "node:assert/strict";

import { parseCommand } from "../../mod/cli/command_template.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { CommandOutput, type CommandOutputOptions } from "../../mod/outputs/command_output.ts";
import { within } from "../support/deadline.ts";
import { makePayload } from "../support/payload.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const PATIENT = { payloadMs: 60_000, terminateMs: 60_000, killMs: 60_000 };

/** A command that runs in a folder of its own, and the warnings about it. */
class Output implements Disposable {
  readonly folder = new TemporaryFolder();
  readonly warnings: string[] = [];
  readonly output: CommandOutput;
  #wake: () => void = () => {};

  constructor(command: string, options: Partial<CommandOutputOptions> = {}) {
    this.output = new CommandOutput({
      libc: openLibc(),
      template: parseCommand(command),
      environment: [`PATH=${Deno.env.get("PATH")}`],
      folder: this.folder.path,
      values: { stream: "cam1" },
      utc: true,
      startMs: 0,
      restarts: false,
      deadlines: PATIENT,
      warn: (text) => {
        this.warnings.push(text);
        this.#wake();
      },
      ...options,
    });
  }

  /** Waits for a warning. */
  async warning(pattern: RegExp): Promise<void> {
    const isThere = () => this.warnings.some((text) => pattern.test(text));
    while (!isThere()) {
      await within(
        new Promise<void>((resolve) => this.#wake = resolve),
        String(pattern),
        () => this.warnings.join("\n"),
      );
    }
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]();
  }
}

Deno.test("CommandOutput gives all payload to a command that reads slowly, and reports its exit code", async () => {
  using command = new Output("sh -c 'sleep 0.3; cat > {stream}_{segment}.copy; exit 0'");
  const payload = makePayload(3000); // 4 MB, more than a pipe holds
  for (let begin = 0; begin < payload.length; begin += 50_000) {
    const part = payload.slice(begin, begin + 50_000);
    command.output.push(part);
    part.fill(0); // the payload is valid only during the call
  }
  const report = await command.output.finish();
  assert.deepEqual(Deno.readFileSync(command.folder.file("cam1_0001.copy")), payload);
  assert.deepEqual(report, {
    kind: "pipe",
    name: "sh",
    ok: true,
    text: "ended with exit code 0",
    starts: 1,
    bytes: payload.length,
    droppedBytes: 0,
    exitCode: 0,
    signal: null,
  });
  assert.deepEqual(command.warnings, []);
});

Deno.test("CommandOutput drops whole packets for a command that does not read, and reports that once", async () => {
  using command = new Output("sh -c 'until [ -e go ]; do sleep 0.02; done; cat > copy'", { limitBytes: 100_000 });
  const payload = makePayload(2000);
  for (let begin = 0; begin < payload.length; begin += 1316) command.output.push(payload.subarray(begin, begin + 1316));
  Deno.writeTextFileSync(command.folder.file("go"), "");
  const { ok, bytes, droppedBytes, exitCode } = await command.output.finish();
  const copy = Deno.readFileSync(command.folder.file("copy"));
  assert.deepEqual([ok, exitCode, copy.length % 188, bytes, bytes + droppedBytes], [
    false,
    0,
    0,
    copy.length,
    payload.length,
  ]);
  assert.ok(droppedBytes > 0);
  assert.deepEqual(copy, payload.subarray(0, copy.length));
  assert.deepEqual(command.warnings, ["sh: is too slow, so payload is dropped for it; the session continues"]);
});

for (
  const [what, script, terminateMs, signal] of [
    ["terminates", "exec sleep 100", 60_000, "SIGTERM"],
    ["kills", "trap : TERM; echo ready >&2; while :; do sleep 0.05; done", 200, "SIGKILL"],
  ] as const
) {
  Deno.test(`CommandOutput ${what} a command that does not end`, async () => {
    using command = new Output(`sh -c '${script}'`, { deadlines: { payloadMs: 200, terminateMs, killMs: 60_000 } });
    command.output.push(makePayload(1));
    if (signal === "SIGKILL") await command.warning(/^sh: ready$/); // it ignores SIGTERM from now on
    const report = await command.output.finish();
    assert.deepEqual([report.ok, report.signal], [false, signal]);
    assert.equal(report.text, `did not end within 0.2 s of the end of the payload, and ended with ${signal}`);
  });
}

Deno.test("CommandOutput reports a command that cannot be started, and counts the payload that it misses", async () => {
  using command = new Output("./missing");
  const payload = makePayload(10);
  command.output.push(payload);
  const { ok, starts, bytes, droppedBytes, text } = await command.output.finish();
  assert.deepEqual([ok, starts, bytes, droppedBytes], [false, 0, 0, payload.length]);
  assert.equal(text, "cannot be started: no such file or directory");
  assert.match(command.warnings.join(), /^missing: cannot be started: no such file or directory, and misses the rest/);
});

Deno.test("CommandOutput starts a command again that has ended, with the next number", async () => {
  using command = new Output("sh -c 'head -c 188 > {segment}; exit 7'", { restarts: true });
  command.output.push(makePayload(1));
  await command.warning(/^sh: ended with exit code 7 during the session; it is started again in 1.0 s$/);
  const begin = performance.now();
  while (!Deno.readDirSync(command.folder.path).some(({ name }) => name === "0002")) {
    assert.ok(performance.now() - begin < 60_000, "it is not started again");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  command.output.push(makePayload(1, 2));
  const { starts, exitCode, ok } = await command.output.finish();
  assert.deepEqual([starts, exitCode, ok], [2, 7, false]);
  assert.deepEqual(Deno.readFileSync(command.folder.file("0002")), makePayload(1, 2).subarray(0, 188));
});

for (
  const [restarts, text] of [
    [false, /^sh: has closed its input, and misses the rest of the session$/],
    [true, /^sh: has closed its input, and gets no payload until it has ended and is started again$/],
  ] as const
) {
  Deno.test(`CommandOutput reports a command that closes its input and continues to run${restarts ? ", with restarts" : ""}`, async () => {
    using command = new Output("sh -c 'exec <&-; until [ -e go ]; do sleep 0.02; done'", { restarts });
    const timer = setInterval(() => command.output.push(makePayload(1)), 10);
    await command.warning(text);
    clearInterval(timer);
    Deno.writeTextFileSync(command.folder.file("go"), "");
    const { ok, exitCode } = await command.output.finish();
    assert.deepEqual([ok, exitCode, command.warnings.length], [false, 0, 1]);
  });
}

Deno.test("CommandOutput starts nothing without payload", async () => {
  using command = new Output("./missing");
  const { ok, starts } = await command.output.finish();
  assert.deepEqual([ok, starts, command.warnings], [true, 0, []]);
});

Deno.test("CommandOutput passes stderr on as lines, with the name of the program", async () => {
  using command = new Output("sh -c 'echo one >&2; cat > copy; echo two >&2; printf three >&2'");
  command.output.push(makePayload(1));
  await command.output.finish();
  assert.deepEqual(command.warnings, ["sh: one", "sh: two", "sh: three"]);
});
