/** Tests of workers/output.ts. */
import { deepStrictEqual, match } from "node:assert/strict";

const OUTPUT = new URL("../../workers/output.ts", import.meta.url).href;
const PROCESS = new URL("../../workers/process.ts", import.meta.url).href;

for (
  const [what, body] of [
    ["throws", 'throw new TypeError("too late");'],
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
    }).output();
    const text = new TextDecoder().decode(stderr);
    deepStrictEqual([code, new TextDecoder().decode(stdout)], [70, ""], text);
    match(text, /^error: srt-splitter has a bug: TypeError: too late\n +at .*\nhint: report it, with these lines/s);
  });
}
