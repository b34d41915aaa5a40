/** The executable is the only file that a machine with glibc and /proc needs. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { BareMachine } from "../support/bare_machine.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { MOUNTS } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { processFile, waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { testExecutable } from "../support/test_executable.ts";

/** All files that a bare machine may have. */
const BARE =
  /^\/(?:srt-splitter|recordings\/.*|.*\/(?:lib(?:c|m|dl|rt|pthread|gcc_s)\.so\.\d+|ld-linux-[\w-]+\.so\.\d+))$/;

testExecutable("the executable records two callers on a machine with nothing but glibc", async (executable) => {
  using machine = await BareMachine.with(executable);
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", "/recordings"], { as: machine.command });
  assert.match(processFile(splitter.pid, "mounts"), /^\S+ \/ \S+ ro,/m); // it cannot write anywhere else
  const payloads = { tool: makePayload(400, 1), library: makePayload(400, 2) };
  await using tool = LiveTransmit.call({ port: splitter.port, query: `streamid=tool&latency=${SAFE_LATENCY_MS}` });
  await using library = await SrtCaller.connect({
    port: splitter.port,
    streamId: "library",
    latencyMs: SAFE_LATENCY_MS,
  });
  await Promise.all([
    tool.send(payloads.tool, 8_000_000),
    library.send(payloads.library, { bitsPerSecond: 8_000_000 }),
  ]);
  await library.waitUntilDelivered();
  library.close();
  for (const [stream, payload] of Object.entries(payloads)) {
    const { file } = await splitter.recording((event) => event.stream === stream);
    assert.ok(file !== null);
    await waitUntil(`all of ${file}`, () => Deno.statSync(machine.outside(file)).size === payload.length);
    assertSameBytes(Deno.readFileSync(machine.outside(file)), payload);
  }
  await tool.hangUp();
  assert.strictEqual(await splitter.stop(), 0);
  assert.deepStrictEqual(machine.files().filter((file) => !BARE.test(file)), []);
}, [MOUNTS]);

testExecutable("the executable prints its versions on a machine with nothing but glibc", async (executable) => {
  using machine = await BareMachine.with(executable);
  const { code, stdout, stderr } = await Splitter.run(["--version"], { as: machine.command });
  assert.match(stdout, /^srt-splitter \S+\nDeno \S+\nlibsrt \S+ \(in this executable\)\n/);
  assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" });
}, [MOUNTS]);
