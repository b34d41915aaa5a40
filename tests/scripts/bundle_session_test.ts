/** Tests of scripts/bundle_session.ts and mod/handoff/session_bundle.ts. */
import assert from "node:assert/strict";
import { isBundleCurrent } from "../../mod/handoff/session_bundle.ts";
import { SELF } from "../../mod/handoff/child_command.ts";
import { bundleSession } from "../../scripts/bundle_session.ts";
import { CompileError, runTool } from "../../scripts/run_tool.ts";
import { copyProgram } from "../support/copy_program.ts";
import { descendantsOf, processFile, waitUntil } from "../support/processes.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { projectWith } from "./project_with.ts";

/** A program whose sessions print the words of two modules. */
const PROGRAM = {
  "scripts/bundle_session.ts": "export {};",
  "scripts/bundle_program.ts": "export {};",
  "scripts/bundling/deno.json": "{}",
  "scripts/bundling/deno.lock": "{}",
  "mod/word.ts": 'export const WORD: string = "first";',
  "mod/unused.ts": "export {};",
  "mod/late.ts": 'export const LATE = "late";',
  "workers/child.ts":
    'import { WORD } from "../mod/word.ts"; const { LATE } = await import("../mod/late.ts"); console.log(WORD, LATE);',
};

function run(root: string): string {
  const args = ["run", "--no-config", "--no-prompt", `${root}/dist/session/child.js`];
  return new TextDecoder().decode(new Deno.Command(SELF, { args }).outputSync().stdout).trim();
}

Deno.test("bundleSession makes a file that needs no module, not even one that is imported dynamically", async () => {
  using project = projectWith(PROGRAM);
  await bundleSession(project.root);
  Deno.removeSync(`${project.root}/mod`, { recursive: true });
  Deno.removeSync(`${project.root}/workers`, { recursive: true });
  assert.strictEqual(run(project.root), "first late");
});

for (
  const { what, change, current } of [
    { what: "is current after it was made", change: () => {}, current: true },
    {
      what: "is current after a module that is not in it was changed",
      change: (root: string) => Deno.writeTextFileSync(`${root}/mod/unused.ts`, "export const CHANGED = 1;"),
      current: true,
    },
    {
      what: "is not current after a module was changed",
      change: (root: string) =>
        Deno.writeTextFileSync(`${root}/mod/word.ts`, 'export const WORD: string = "other one";'),
      current: false,
    },
    {
      what: "is not current after a module was replaced by an older one of the same size",
      change: (root: string) => Deno.utimeSync(`${root}/mod/word.ts`, 1_000_000_000, 1_000_000_000),
      current: false,
    },
    {
      what: "is not current after a module was removed",
      change: (root: string) => Deno.removeSync(`${root}/mod/word.ts`),
      current: false,
    },
    {
      what: "is not current after a module was replaced by one of the same size a moment later",
      change: (root: string) => {
        const { mtime } = Deno.statSync(`${root}/mod/word.ts`);
        Deno.utimeSync(`${root}/mod/word.ts`, mtime ?? 0, new Date((mtime?.getTime() ?? 0) + 5));
      },
      current: false,
    },
    ...["bundle_session.ts", "bundle_program.ts", "bundling/deno.json", "bundling/deno.lock"].map((file) => ({
      what: `is not current after scripts/${file} was changed`,
      change: (root: string) => Deno.writeTextFileSync(`${root}/scripts/${file}`, "another text"),
      current: false,
    })),
    {
      what: "is current after everything was unpacked from an archive that has whole seconds only",
      change: (root: string) => {
        const list = JSON.parse(Deno.readTextFileSync(`${root}/dist/session/files.json`));
        for (const [path, [, changedMs]] of Object.entries<[number, number]>(list)) {
          const seconds = Math.floor(changedMs / 1000);
          Deno.utimeSync(`${root}/${path}`, seconds, seconds);
        }
      },
      current: true,
    },
    {
      what: "is not current after its file was removed, although its list is there",
      change: (root: string) => Deno.removeSync(`${root}/dist/session/child.js`),
      current: false,
    },
    {
      what: "is not current after its file was cut off",
      change: (root: string) => Deno.truncateSync(`${root}/dist/session/child.js`, 10),
      current: false,
    },
    {
      what: "is not current if its list is empty",
      change: (root: string) => Deno.writeTextFileSync(`${root}/dist/session/files.json`, "{}"),
      current: false,
    },
    {
      what: "is not current if its list is not an object",
      change: (root: string) => Deno.writeTextFileSync(`${root}/dist/session/files.json`, "null"),
      current: false,
    },
    {
      what: "is not current after it was removed",
      change: (root: string) => Deno.removeSync(`${root}/dist`, { recursive: true }),
      current: false,
    },
    {
      what: "is not current if its list is cut off",
      change: (root: string) => Deno.truncateSync(`${root}/dist/session/files.json`, 20),
      current: false,
    },
  ]
) {
  Deno.test(`a bundle ${what}`, async () => {
    using project = projectWith(PROGRAM);
    await bundleSession(project.root);
    change(project.root);
    assert.strictEqual(isBundleCurrent(`file://${project.root}/main.ts`), current);
  });
}

Deno.test("bundleSession replaces an older bundle", async () => {
  using project = projectWith(PROGRAM);
  await bundleSession(project.root);
  Deno.writeTextFileSync(`${project.root}/mod/word.ts`, 'export const WORD: string = "second";');
  await bundleSession(project.root);
  assert.ok(isBundleCurrent(`file://${project.root}/main.ts`));
  assert.strictEqual(run(project.root), "second late");
});

Deno.test("bundleSession reports the bundler's errors, and keeps what there was", async () => {
  using project = projectWith(PROGRAM);
  await bundleSession(project.root);
  Deno.writeTextFileSync(`${project.root}/mod/word.ts`, "export const =;");
  await assert.rejects(
    bundleSession(project.root),
    (error) => error instanceof CompileError && /cannot bundle the modules of sessions/.test(error.message),
  );
  assert.strictEqual(run(project.root), "first late");
  const names = Array.from(Deno.readDirSync(`${project.root}/dist/session`), ({ name }) => name).sort();
  assert.deepStrictEqual(names, ["child.js", "files.json"]);
});

Deno.test("bundleSession refuses a module that is a link to a file outside, because a change of it would not be noticed", async () => {
  using project = projectWith(PROGRAM);
  using outside = projectWith({ "other.ts": 'export const WORD: string = "outside";' });
  Deno.removeSync(`${project.root}/mod/word.ts`);
  Deno.symlinkSync(`${outside.root}/other.ts`, `${project.root}/mod/word.ts`);
  await assert.rejects(
    bundleSession(project.root),
    (error) =>
      error instanceof CompileError &&
      /other\.ts is outside of mod and workers, perhaps as the target of a link, or was just added$/.test(
        error.message,
      ),
  );
});

Deno.test("bundleSession ignores the links of an editor, and removes what a killed run has left", async () => {
  using project = projectWith(PROGRAM);
  Deno.symlinkSync("user@host.7:1", `${project.root}/mod/.#word.ts`);
  const left = `${project.root}/dist/session/.new-left`;
  Deno.mkdirSync(left, { recursive: true });
  Deno.utimeSync(left, 1_000_000_000, 1_000_000_000);
  await bundleSession(project.root);
  assert.strictEqual(run(project.root), "first late");
  const names = Array.from(Deno.readDirSync(`${project.root}/dist/session`), ({ name }) => name).sort();
  assert.deepStrictEqual(names, ["child.js", "files.json"]);
});

/** Runs the task `setup:session` of a copy of the program. */
function runTask(root: string): { readonly code: number; readonly stdout: string; readonly stderr: string } {
  const args = ["task", "--quiet", "setup:session"];
  const { code, stdout, stderr } = new Deno.Command(SELF, { args, cwd: root, env: { NO_COLOR: "1" } }).outputSync();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

Deno.test("deno task setup:session prints nothing, and makes the bundle only if it is not current", () => {
  using program = new TemporaryFolder();
  copyProgram(program.path, ["scripts"]);
  assert.deepStrictEqual(runTask(program.path), { code: 0, stdout: "", stderr: "" });
  assert.ok(isBundleCurrent(`file://${program.path}/main.ts`));
  const madeAt = () => Deno.statSync(`${program.path}/dist/session/child.js`).mtime?.getTime();
  const first = madeAt();
  assert.deepStrictEqual(runTask(program.path), { code: 0, stdout: "", stderr: "" });
  assert.strictEqual(madeAt(), first);
});

for (
  const { what, breakIt, expected } of [
    {
      what: "cannot write the file",
      breakIt: (root: string) => Deno.writeTextFileSync(`${root}/dist`, "no folder"),
      expected: /^setup: .*dist\/session/,
    },
    {
      what: "finds an error in a module",
      breakIt: (root: string) => Deno.writeTextFileSync(`${root}/mod/session/recorder.ts`, "export const =;"),
      expected: /^setup: cannot bundle the modules of sessions: .*recorder\.ts/s,
    },
  ]
) {
  Deno.test(`deno task setup:session that ${what} does not keep the program from starting`, () => {
    using program = new TemporaryFolder();
    copyProgram(program.path, ["scripts"]);
    breakIt(program.path);
    const { code, stdout, stderr } = runTask(program.path);
    assert.deepStrictEqual([code, stdout], [0, ""]);
    assert.match(stderr, expected);
    assert.match(stderr, /\nsetup: each session starts more slowly/);
  });
}

Deno.test("deno task setup:session prints what it waits for if that takes long", async () => {
  using program = new TemporaryFolder();
  copyProgram(program.path, ["scripts"]);
  const args = ["task", "--quiet", "setup:session"];
  const options = { args, cwd: program.path, env: { NO_COLOR: "1" }, stderr: "piped" } as const;
  await using task = new Deno.Command(SELF, options).spawn();
  const bundlers: number[] = [];
  await waitUntil("the bundler", () => {
    bundlers.push(
      ...descendantsOf(task.pid).filter((pid) => processFile(pid, "cmdline").includes("--outfile=")),
    );
    return bundlers.length > 0;
  }, 1);
  for (const pid of bundlers) Deno.kill(pid, "SIGSTOP");
  let line: string | undefined;
  try {
    line = (await task.stderr.pipeThrough(new TextDecoderStream()).getReader().read()).value;
  } finally {
    for (const pid of bundlers) Deno.kill(pid, "SIGCONT");
  }
  assert.strictEqual(line, "setup: joining the modules of sessions, for 30 s at most; perhaps esbuild is downloaded\n");
  assert.strictEqual((await task.status).code, 0);
  assert.ok(isBundleCurrent(`file://${program.path}/main.ts`));
});

Deno.test("no tool that a build runs gets the passphrase of srt-splitter", async () => {
  const args = ["eval", `console.log(Deno.env.get("SRT_SPLITTER_PASSPHRASE") === "")`] as const;
  Deno.env.set("SRT_SPLITTER_PASSPHRASE", "correct-horse");
  try {
    assert.strictEqual(await runTool([SELF, ...args], "try it"), "true\n");
  } finally {
    Deno.env.delete("SRT_SPLITTER_PASSPHRASE");
  }
});

Deno.test("runTool ends a program that takes too long", async () => {
  const startMs = performance.now();
  await assert.rejects(
    runTool(["sleep", "60"], "wait", { deadlineMs: 100 }),
    (error) => error instanceof CompileError && /^cannot wait: it took longer than 0\.1 s$/.test(error.message),
  );
  assert.ok(performance.now() - startMs < 30_000);
});
