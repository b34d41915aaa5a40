/** Tests of mod/os/spawn.ts with real programs. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { openLibc, OsError } from "../../mod/os/libc.ts";
import { isProgram, type ProgramEnd, SIGNAL, SpawnedProgram } from "../../mod/os/spawn.ts";
import { listProcFolder } from "../../mod/os/proc.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { waitUntil, waitUntilGone } from "../support/processes.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const libc = openLibc();
const PATH = "PATH=/usr/local/bin:/usr/bin:/bin";

function start(args: readonly string[], environment: readonly string[] = [PATH], folder = "/"): SpawnedProgram {
  return SpawnedProgram.start(libc, { args, environment, folder });
}

/** Waits until a program has ended, and closes it. Returns how it ended and what it wrote to stderr. */
async function resultOf(program: SpawnedProgram): Promise<{ readonly end: ProgramEnd | null; readonly text: string }> {
  const into = new Uint8Array(4096);
  const endMs = performance.now() + DEADLINE_MS;
  let text = "";
  let end: ProgramEnd | null = null;
  while (end === null && performance.now() < endMs) {
    end = program.ended();
    for (let length = program.readErrors(into); length > 0; length = program.readErrors(into)) {
      text += new TextDecoder().decode(into.subarray(0, length));
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  program.close();
  return { end, text };
}

Deno.test("SpawnedProgram passes arguments, variables, folder and stdin, and reports the exit code", async () => {
  const program = start(
    ["sh", "-c", 'echo "$1|$NAME|$PWD|$(cat)" >&2; exit 7', "sh", "a 'b' $c"],
    [PATH, "NAME=ü\n"],
    "/tmp",
  );
  strictEqual(program.write(new TextEncoder().encode("payload")), 7);
  program.closeInput();
  deepStrictEqual(await resultOf(program), { end: { kind: "exit", code: 7 }, text: "a 'b' $c|ü\n|/tmp|payload\n" });
});

Deno.test("SpawnedProgram reports a signal, which reaches the whole process group", async () => {
  const program = start(["sh", "-c", "sleep 100 & echo $! >&2; wait"]);
  const into = new Uint8Array(64);
  let length = 0;
  await waitUntil("the process ID of sleep", () => (length = program.readErrors(into)) > 0);
  program.kill(SIGNAL.SIGKILL);
  deepStrictEqual((await resultOf(program)).end, { kind: "signal", signal: 9 });
  await waitUntilGone(Number(new TextDecoder().decode(into.subarray(0, length))));
});

Deno.test("SpawnedProgram writes as much as the pipe holds, and reports that the program closed the pipe", async () => {
  const program = start(["sh", "-c", "read -r line; exec <&-; echo closed >&2; sleep 100"]);
  const block = new Uint8Array(8_000_000).fill(10);
  const written = program.write(block);
  strictEqual(typeof written === "number" && written > 0 && written < block.length, true);
  const endMs = performance.now() + DEADLINE_MS;
  while (program.write(block) !== "closed" && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  strictEqual(program.write(block), "closed");
  program.kill(SIGNAL.SIGTERM);
  await resultOf(program);
});

Deno.test("SpawnedProgram gives programs the usual SIGPIPE, and no descriptor besides stdin, stdout and stderr", async () => {
  using _open = Deno.openSync("/dev/null");
  const program = start(["sh", "-c", "grep SigIgn /proc/self/status >&2; ls /proc/self/fd >&2"]);
  const { text } = await resultOf(program);
  strictEqual(Number(`0x${/SigIgn:\t([0-9a-f]+)/.exec(text)?.[1]?.slice(-8)}`) & 0x1000, 0); // SIGPIPE
  deepStrictEqual(text.trim().split("\n").slice(1), ["0", "1", "2", "3"]); // 3 is that of ls
});

for (
  const [what, args, message] of [
    ["does not exist", ["no-such-program"], /^cannot be started: No such file or directory/],
    ["is not executable", ["/etc/passwd"], /^cannot be started: Permission denied/],
  ] as const
) {
  Deno.test(`SpawnedProgram.start throws for a program that ${what}, and leaves no descriptor`, () => {
    const count = () => listProcFolder(libc, "/proc/self/fd").length;
    const before = count();
    throws(() => start(args), (error) => error instanceof OsError && message.test(error.message));
    strictEqual(count(), before);
  });
}

Deno.test("isProgram finds a program by its name, its path and its path below the folder", () => {
  const place = { environment: [PATH], folder: "/bin" };
  deepStrictEqual(["sh", "/bin/sh", "./sh", "no-such-program", "/bin"].map((name) => isProgram(name, place)), [
    true,
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("isProgram finds no program in a file that cannot be executed", () => {
  using folder = new TemporaryFolder();
  const found = [0o644, 0o755].map((mode) => {
    Deno.writeTextFileSync(folder.file("program"), "#!/bin/sh\n");
    Deno.chmodSync(folder.file("program"), mode);
    return isProgram("./program", { environment: [PATH], folder: folder.path });
  });
  deepStrictEqual(found, [false, true]);
});
