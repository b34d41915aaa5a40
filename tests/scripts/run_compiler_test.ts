import assert from "node:assert/strict";
import { type Compilation, runCompiler } from "../../scripts/run_compiler.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { CompileError } from "../../scripts/run_tool.ts";

/** Compiles `code`. `base`: path of the base, or of a file that does not exist. */
function compile(
  folder: TemporaryFolder,
  details: Pick<Compilation, "base"> & { readonly code: string; readonly target?: string },
): Promise<void> {
  Deno.writeTextFileSync(folder.file("main.js"), details.code);
  Deno.writeTextFileSync(folder.file("deno.json"), "{}");
  return runCompiler({
    project: folder.path,
    denoDir: folder.file("deno"),
    include: ["main.js"],
    output: folder.file("program"),
    target: details.target ?? Deno.build.target,
    options: ["-q", "--allow-read=/nowhere"],
    base: details.base,
    baseWithLibsrt: null,
  });
}

Deno.test("runCompiler without a base names what it tried and how to get one", async () => {
  using folder = new TemporaryFolder();
  const failure = compile(folder, { code: "", base: folder.file("none") });
  await assert.rejects(failure, (error) => {
    assert.ok(error instanceof CompileError);
    assert.match(error.message, /^cannot compile: there is no base \("denort"\) of Deno \S+ for /);
    assert.match(error.message, /\ntried: DENORT_BIN=.*none\n(?:.*\n)*hint: use one of these:\n/);
    assert.ok(!error.message.includes("<unknown>"), "no stack of the compiler");
    return true;
  });
});

Deno.test("runCompiler rejects a base for another machine", async () => {
  using folder = new TemporaryFolder();
  const base = Deno.execPath();
  const other = Deno.build.arch === "x86_64" ? "aarch64" : "x86_64";
  const failure = compile(folder, { code: "", base, target: `${other}-unknown-linux-gnu` });
  await assert.rejects(failure, (error) => {
    assert.ok(error instanceof CompileError);
    assert.match(
      error.message,
      /^cannot compile for \S+: DENORT_BIN=\S+ is for (?:Advanced Micro Devices X86-64|AArch64)\n/,
    );
    return true;
  });
});

Deno.test("runCompiler passes on the compiler's errors about the code", async () => {
  using folder = new TemporaryFolder();
  const failure = compile(folder, { code: 'import "./missing.ts";', base: folder.file("none") });
  await assert.rejects(
    failure,
    (error) => error instanceof CompileError && /^cannot compile:\n(?:.*\n)*.*Module not found/.test(error.message),
  );
});
