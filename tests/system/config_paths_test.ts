/** Relative paths on the command line and in the configuration file, while children run in the folder of recordings. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { fileOfLibsrt } from "../support/file_of_libsrt.ts";
import { makePayload } from "../support/payload.ts";
import { Splitter, type SplitterOptions } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

/** Ways to name a libsrt that is in the working folder, which is also the folder of the configuration file. */
const WAYS: readonly {
  readonly what: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}[] = [
  { what: "--libsrt ./libsrt.so", args: ["--libsrt", "./libsrt.so"] },
  { what: "SRT_SPLITTER_LIBSRT=./libsrt.so", args: [], env: { SRT_SPLITTER_LIBSRT: "./libsrt.so" } },
  { what: 'libsrt = "./libsrt.so" in a file', args: ["--config", "splitter.toml"] },
];

for (const { what, args, env = {} } of WAYS) {
  Deno.test(`with ${what} and --out a caller is recorded`, async () => {
    using folder = new TemporaryFolder();
    Deno.copyFileSync(fileOfLibsrt(), folder.file("libsrt.so"));
    Deno.writeTextFileSync(folder.file("splitter.toml"), 'libsrt = "./libsrt.so"\n');
    const options: SplitterOptions = { env, as: ["env", "-C", folder.path] };
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", "recordings", ...args], options);
    await using caller = await SrtCaller.connect({ port: splitter.port });
    assert.strictEqual((await splitter.event("listening")).libsrt.file, folder.file("libsrt.so"));
    const payload = makePayload(100);
    await caller.send(payload, { bitsPerSecond: 8_000_000 });
    await caller.waitUntilDelivered();
    caller.close();
    assertSameBytes(Deno.readFileSync((await splitter.event("session-end")).file ?? ""), payload);
  });
}

for (
  const args of [
    ["--config", "s.toml"],
    ["--config=s.toml"],
    ["-c", "s.toml"],
    ["-cs.toml"],
  ]
) {
  Deno.test(`check and listen read the file that ${args.join(" ")} names`, async () => {
    using folder = new TemporaryFolder();
    Deno.writeTextFileSync(folder.file("s.toml"), 'address = "127.0.0.1:0"\nspares = 0\n');
    const options: SplitterOptions = { as: ["env", "-C", folder.path] };
    const { code, stdout } = await Splitter.run(["check", ...args], options);
    assert.deepStrictEqual([code, stdout.split("\n")[0]], [
      0,
      "s.toml can be used: 0 rules, 0 [[stream]] tables, 0 [[user]] tables",
    ]);
    await using splitter = await Splitter.listen(args, options);
    assert.strictEqual(
      new URL(`srt://${(await splitter.event("listening")).addresses[0]?.address}`).hostname,
      "127.0.0.1",
    );
  });
}

Deno.test("listen reads the file that follows several short options in one argument", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("s.toml"), 'address = "127.0.0.1:0"\nspares = 0\n');
  await using splitter = await Splitter.listen(["-vc", "s.toml"], { as: ["env", "-C", folder.path] });
  assert.strictEqual((await splitter.event("listening")).addresses[0]?.address, "127.0.0.1");
});
