/** Properties that only the executable has: its libsrt, its options, and that it leaves no files. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { BareMachine } from "../support/bare_machine.ts";
import { MOUNTS, PROTECTED_PROCESSES } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { childrenOf, processFile, waitUntil, waitUntilGone } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { CallerRefusedError, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { testExecutable } from "../support/test_executable.ts";

/** A line of /proc/PID/maps that shows a libsrt in memory. The group is its inode. */
const IN_MEMORY = /\s(\d+)\s+\/memfd:libsrt\.so \(deleted\)/;

testExecutable("--version names the libsrt inside, and does not warn about its version", async () => {
  const { code, stdout } = await Splitter.run(["--version"]);
  assert.match(stdout, /^srt-splitter \S+\nDeno \S+\nlibsrt \S+ \(in this executable\)\n$/);
  assert.strictEqual(code, 0);
});

testExecutable("--licenses prints the texts of everything inside", async () => {
  const { code, stdout } = await Splitter.run(["--licenses"]);
  for (const part of ["srt-splitter", "Deno", "commander", "libsrt-openssl-dev", "libssl-dev", "libstdc++-"]) {
    assert.ok(stdout.includes(`${"=".repeat(100)}\n${part}`) || stdout.includes(`, ${part}`), part);
  }
  for (const text of ["Mozilla Public License Version 2.0", "Apache License", "GCC Runtime Library Exception"]) {
    assert.match(stdout, new RegExp(text, "i"));
  }
  assert.strictEqual(code, 0);
});

for (
  const [how, args, env] of [
    ["--libsrt", ["--version", "--libsrt", "libsrt.so.1.5"], {}],
    ["SRT_SPLITTER_LIBSRT", ["--version"], { SRT_SPLITTER_LIBSRT: "libsrt.so.1.5" }],
  ] as const
) {
  testExecutable(`${how} takes precedence over the libsrt inside`, async () => {
    const { stdout } = await Splitter.run(args, { env });
    assert.match(stdout, /\nlibsrt \S+ \(libsrt\.so\.1\.5\)\n/);
  });
}

for (const option of ["run", "eval", "repl", "--allow-all", "-A", "--inspect", "--v8-flags=--help", "--reload", "--"]) {
  testExecutable(`${option} does not reach Deno`, async () => {
    using folder = new TemporaryFolder();
    const script = folder.file("script.js");
    Deno.writeTextFileSync(script, `Deno.writeTextFileSync("${folder.file("done")}", "")`);
    const { code, stdout, stderr } = await Splitter.run([option, script]);
    assert.deepStrictEqual({ code, stdout, names: folder.names() }, { code: 2, stdout: "", names: ["script.js"] });
    assert.match(stderr, /^error: /);
  });
}

for (const name of ["DENO_V8_FLAGS", "NODE_OPTIONS"]) {
  testExecutable(`${name} in the environment changes nothing`, async () => {
    using folder = new TemporaryFolder();
    const script = folder.file("script.cjs");
    Deno.writeTextFileSync(script, `require("node:fs").writeFileSync("${folder.file("done")}", "")`);
    const value = name === "NODE_OPTIONS" ? `--require=${script}` : "--help";
    const { code, stdout } = await Splitter.run(["--version"], { env: { [name]: value } });
    assert.match(stdout, /^srt-splitter /);
    assert.deepStrictEqual({ code, names: folder.names() }, { code: 0, names: ["script.cjs"] });
  });
}

testExecutable("50 sessions and two SIGKILLs leave nothing in the temporary folder", async (executable) => {
  using machine = await BareMachine.with(executable, { tmp: true });
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { as: machine.command });
  for (let count = 1; count <= 50; count += 1) {
    await using _caller = await SrtCaller.connect({ port: splitter.port });
    await splitter.event("session-start", ({ session }) => session === `s${count}`);
  }
  await waitUntil("50 ends", () => splitter.eventsNamed("session-end").length === 50);
  assert.deepStrictEqual(machine.files("/tmp"), []);
  await using first = await SrtCaller.connect({ port: splitter.port });
  await using _second = await SrtCaller.connect({ port: splitter.port });
  const { pid } = await splitter.event("session-start", ({ session }) => session === "s51");
  await splitter.event("session-start", ({ session }) => session === "s52");
  Deno.kill(pid, "SIGKILL");
  await first.waitUntilBroken();
  splitter.signal("SIGKILL");
  await waitUntilGone(splitter.pid);
  assert.deepStrictEqual(machine.files("/tmp"), []);
}, [MOUNTS]);

testExecutable("all children share one libsrt in memory, and the listener does not load it", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--spares", "0"]);
  await using _first = await SrtCaller.connect({ port: splitter.port });
  await using _second = await SrtCaller.connect({ port: splitter.port });
  await splitter.event("session-start", ({ session }) => session === "s2");
  await splitter.event("session-start", ({ session }) => session === "s1");
  const inodes = childrenOf(splitter.pid).map((pid) => IN_MEMORY.exec(processFile(pid, "maps"))?.[1]);
  assert.strictEqual(inodes.length, 2);
  assert.notStrictEqual(inodes[0], undefined);
  assert.strictEqual(inodes[0], inodes[1]);
  assert.strictEqual(IN_MEMORY.exec(processFile(splitter.pid, "maps")), null);
}, [PROTECTED_PROCESSES]);

Deno.test("a child is named srt-splitter in ps, from source too", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using _caller = await SrtCaller.connect({ port: splitter.port });
  const { pid } = await splitter.event("session-start");
  assert.strictEqual(processFile(pid, "comm"), "srt-splitter\n");
});

testExecutable("the listening event names the executable as the file of its libsrt", async (executable) => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const { libsrt } = await splitter.event("listening");
  assert.strictEqual(libsrt.file, Deno.realPathSync(executable));
});

testExecutable(
  "a caller that calls after the executable was replaced is refused, and the refusal names this cause",
  async (executable) => {
    using folder = new TemporaryFolder();
    for (const name of ["srt-splitter", "newer"]) Deno.copyFileSync(executable, folder.file(name));
    await using splitter = await Splitter.listen(["127.0.0.1:0"], { executable: folder.file("srt-splitter") });
    Deno.renameSync(folder.file("newer"), folder.file("srt-splitter"));
    await assert.rejects(SrtCaller.connect({ port: splitter.port }), CallerRefusedError);
    const { text, advice } = await splitter.event("refused");
    assert.match(text, /srt-splitter was replaced or removed after this program was started from it$/);
    assert.match(advice, /^start the new program with --replace/);
  },
);

testExecutable("sessions continue when the executable is replaced", async (executable) => {
  using folder = new TemporaryFolder();
  for (const name of ["srt-splitter", "newer"]) Deno.copyFileSync(executable, folder.file(name));
  const recordings = folder.file("recordings");
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", recordings], {
    executable: folder.file("srt-splitter"),
  });
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const { file } = await splitter.recording();
  Deno.renameSync(folder.file("newer"), folder.file("srt-splitter"));
  const payload = makePayload(100);
  await caller.send(payload);
  await caller.waitUntilDelivered();
  caller.close();
  await splitter.event("session-end", ({ reason }) => reason === "caller-closed");
  assertSameBytes(Deno.readFileSync(file), payload);
});

for (const args of [["listen", "127.0.0.1:0"], ["send", "/dev/null", "srt://127.0.0.1:9"]]) {
  testExecutable(
    `${args[0]} reports a file size limit (ulimit -f) that is smaller than the libsrt inside`,
    async () => {
      const limited = ["sh", "-c", 'ulimit -f 2048; exec "$@"', "sh"]; // 1 MiB, in blocks of 512 bytes
      const { code, stderr } = await Splitter.run(args, { as: limited });
      assert.strictEqual(code, 4);
      assert.match(
        stderr,
        /^error: cannot use the libsrt inside this executable: .*file too large[^]*hint: raise .*ulimit -f/,
      );
    },
  );
}
