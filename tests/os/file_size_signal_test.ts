import assert from "node:assert/strict";

import { TemporaryFolder } from "../support/temporary_folder.ts";

/** Writes up to 10 MB to a file and prints the error. Then starts itself as a child, which does the same. */
const PROGRAM = `
  import { ignoreFileSizeSignal } from ${JSON.stringify(import.meta.resolve("../../mod/os/file_size_signal.ts"))};
  const [file, role] = Deno.args;
  if (role !== "child") ignoreFileSizeSignal();
  try {
    for (let block = 0; block < 10; block += 1) Deno.writeFileSync(file, new Uint8Array(1_000_000), { append: true });
  } catch (error) {
    console.log(error.message.replace(/:.*/, ""));
  }
  if (role === "child") Deno.exit();
  const args = ["run", "--quiet", "--no-lock", "-A", Deno.mainModule, file, "child"];
  await new Deno.Command(Deno.execPath(), { args, stdout: "inherit" }).output();
`;

Deno.test("ignoreFileSizeSignal makes writing beyond ulimit -f an error, also in children", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("program.ts"), PROGRAM);
  const script = 'ulimit -f 8192; exec "$0" run --quiet --no-lock -A "$1" "$2"'; // 4 MiB, in blocks of 512 bytes
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", script, Deno.execPath(), folder.file("program.ts"), folder.file("big")],
    stdin: "null",
  }).output();
  const error = "File too large (os error 27)\n";
  assert.equal(new TextDecoder().decode(stdout), `${error}${error}`, new TextDecoder().decode(stderr));
});
