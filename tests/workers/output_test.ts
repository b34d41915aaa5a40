/** Tests of workers/output.ts. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { withDeadline } from "../../mod/os/deadline.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const OUTPUT = new URL("../../workers/output.ts", import.meta.url).href;
const DEADLINE_MS = 30_000;
const PROCESS = new URL("../../workers/process.ts", import.meta.url).href;

for (
  const [what, body] of [
    ["throws", 'throw new TypeError("too late", { cause: new RangeError("one\\ntwo") });'],
    ["throws in a timer", 'setTimeout(() => { throw new TypeError("too late"); }, 1); await new Promise(() => {});'],
    ["leaves a promise rejected", 'Promise.reject(new TypeError("too late")); await new Promise(() => {});'],
  ] as const
) {
  Deno.test(`a command that ${what} ends with the exit code of a bug, and describes it`, async () => {
    const program = `import { runCommand } from ${JSON.stringify(OUTPUT)};
      import { openProcess } from ${JSON.stringify(PROCESS)};
      setInterval(() => {}, 1000);
      Deno.exit(await runCommand(openProcess(), async () => { ${body} }));`;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-check", "--allow-env", `data:text/javascript,${encodeURIComponent(program)}`],
      env: { NO_COLOR: "1" },
      stdin: "null",
      signal: AbortSignal.timeout(DEADLINE_MS),
    }).output();
    const text = new TextDecoder().decode(stderr);
    deepStrictEqual([code, new TextDecoder().decode(stdout)], [70, ""], text);
    match(text, /^error: srt-splitter has a bug: TypeError: too late\n {2}at .*\nhint: report it, with these lines/s);
    deepStrictEqual(text.includes("[cause]: RangeError: one\n  two\n"), body.includes("cause"), text);
  });
}

/** Starts a command that prints a thousand lines of 1000 bytes, which nothing reads yet. */
function startPrinting(before: string): Deno.ChildProcess {
  const program = `import { runCommand } from ${JSON.stringify(OUTPUT)};
    import { openProcess } from ${JSON.stringify(PROCESS)};
    Deno.exit(await runCommand(openProcess(), async (process, { out }) => {
      ${before}
      for (let line = 0; line < 1000; line += 1) out.write("x".repeat(999) + "\\n");
      return 0;
    }));`.replaceAll("\\\\n", "\\n");
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--allow-env", `data:text/javascript,${encodeURIComponent(program)}`],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test("a command that a signal ends at once waits for its reader, and loses no line", async () => {
  await using child = startPrinting("");
  strictEqual(await withDeadline(child.status, 3000), "late", "it still waits");
  const { code, stdout } = await child.output();
  deepStrictEqual([code, stdout.length], [0, 1_000_000]);
});

Deno.test("a command that handles signals gives up lines that nothing reads, and reports it", async () => {
  await using child = startPrinting('process.onSignals(["SIGTERM"], () => {});');
  strictEqual((await child.status).code, 7);
  match(
    await new Response(child.stderr).text(),
    /^error: cannot write the last lines to stdout: nothing has read them/,
  );
  await child.stdout.cancel();
});

Deno.test("a command without a permission reports which one, and no bug", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-P=read", MAIN, "listen", "127.0.0.1:0"],
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).output();
  const text = new TextDecoder().decode(stderr);
  deepStrictEqual(code, 70, text);
  match(text, /^error: this program was started without the permission "ffi".*\nhint: start it with deno task/m);
});
