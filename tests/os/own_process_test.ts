import { strictEqual } from "node:assert/strict";

/** Runs statements in a new process, and returns what it prints. */
async function printedBy(statements: string): Promise<string> {
  const modules = ["libc", "own_process", "proc"].map((name) =>
    `import * as ${name} from "${new URL(`../../mod/os/${name}.ts`, import.meta.url)}";`
  );
  const code = `${modules.join("")}const lib = libc.openLibc();${statements}`;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", "--no-check", code], stderr: "inherit" })
    .output();
  return new TextDecoder().decode(stdout).trim();
}

const PR_GET_DUMPABLE = 3;

Deno.test("protectMemory makes its process not dumpable", async () => {
  const getDumpable = `console.log(lib.symbols.prctl(${PR_GET_DUMPABLE}, null));`;
  strictEqual(await printedBy(`own_process.protectMemory(lib);${getDumpable}`), "0");
});

Deno.test("protectMemory keeps the process's own descriptors readable for it", async () => {
  const list = `console.log(proc.listProcFolder(lib, "/proc/self/fd").includes("0"));`;
  strictEqual(await printedBy(`own_process.protectMemory(lib);${list}`), "true");
});

Deno.test("forbidCoreFiles sets the limit of core files to 0", async () => {
  const limit =
    `console.log(/^Max core file size +(.*?) *bytes/m.exec(proc.readProcFile(lib, "/proc/self/limits"))[1]);`;
  strictEqual(await printedBy(`own_process.forbidCoreFiles();${limit}`), "0                    0");
});

Deno.test("setProcessName sets the name that ps shows", async () => {
  const name = `console.log(proc.readProcFile(lib, "/proc/self/comm"));`;
  strictEqual(await printedBy(`own_process.setProcessName(lib, "srt-splitter");${name}`), "srt-splitter");
});
