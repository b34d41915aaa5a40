/**
 * The executable on a machine of another architecture. Skipped if no executable was built for it, or no such machine can be
 * emulated.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { exists } from "../../scripts/files.ts";
import { EmulatedMachine, EMULATOR_PROGRAMS } from "../support/emulated_machine.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { makeTestStream } from "../support/test_stream.ts";

const EXECUTABLE = Deno.env.get("SRT_SPLITTER_AARCH64") || null;
const NAME = "the executable for aarch64 records two callers on a Debian of that architecture";

/**
 * Starts a listener, tries to listen on the same port again, sends two streams to it, and prints checksums of the recordings.
 */
const SCRIPT = `
mkdir /recordings
srt-splitter --version
srt-splitter listen 127.0.0.1:9000 --out /recordings --sessions 2 --ready-file /tmp/ready >/tmp/listen 2>&1 &
listener=$!
until [ -e /tmp/ready ]; do sleep 1; done
srt-splitter listen 127.0.0.1:9000 2>&1 | grep "in use"
for stream in one two; do
  srt-splitter send /$stream.ts "srt://127.0.0.1:9000?streamid=$stream&conntimeo=60000" 2>&1
  echo "sent: $?"
done
wait $listener
echo "listened: $?"
cat /tmp/listen
sha256sum /recordings/*.ts
`;

const missing = [
  ...(EXECUTABLE === null ? ["SRT_SPLITTER_AARCH64 names no executable (deno task compile --target builds one)"] : []),
  ...EMULATOR_PROGRAMS.filter((program) => !exists(program)).map((program) => `there is no ${program}`),
];

if (EXECUTABLE === null || missing.length > 0) {
  Deno.test({ name: `${NAME} (skipped: ${missing.join("; ")})`, ignore: true, fn: () => {} });
} else {
  Deno.test(NAME, async () => {
    using folder = new TemporaryFolder();
    const streams = {
      one: await makeTestStream(folder.file("one.ts"), 4),
      two: await makeTestStream(folder.file("two.ts"), 6),
    };
    using machine = await EmulatedMachine.with({
      "bin/srt-splitter": EXECUTABLE,
      "one.ts": folder.file("one.ts"),
      "two.ts": folder.file("two.ts"),
    });
    const output = await machine.run(SCRIPT);
    assert.match(output, /^libsrt \S+ \(in this executable\)/m, output);
    assert.match(output, /already in use by another srt-splitter on \S+ \(PID \d+\)/, output);
    assert.strictEqual(output.match(/^sent: 0\r?$/gm)?.length, 2, output);
    assert.match(output, /^listened: 0\r?$/m, output);
    for (const [name, stream] of Object.entries(streams)) {
      const sum = createHash("sha256").update(stream).digest("hex");
      assert.match(output, new RegExp(`^${sum} +/recordings/${name}_\\S+\\.ts`, "m"), output);
    }
  });
}
