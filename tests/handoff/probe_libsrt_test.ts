/** Tests of mod/handoff/probe_libsrt.ts: real processes, small shell scripts in place of a probe. */
import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { probeLibsrt } from "../../mod/handoff/probe_libsrt.ts";
import { HandoffError } from "../../mod/handoff/child_command.ts";

const FOUND = { version: "1.5.1", file: "libsrt.so.1.5", embedded: false, cookiePredicted: true, warning: null };
const NONE = { event: "probe", libsrt: null, text: "tried:\n  libsrt.so.1.5: not there" };

function probeBy(script: string, { libsrt = null, deadlineMs, file = "/bin/sh" }: {
  readonly libsrt?: string | null;
  readonly deadlineMs?: number;
  readonly file?: string;
} = {}) {
  const command = { file, args: ["-c", script], environment: {}, folder: null };
  return probeLibsrt(command, { libsrt, embedded: null }, deadlineMs);
}

function print(message: object): string {
  return `printf '%s\\n' '${JSON.stringify(message)}'`;
}

Deno.test("probeLibsrt returns what the probe found", async () => {
  const answer = { event: "probe", libsrt: FOUND, text: "" };
  deepStrictEqual(await probeBy(`read -r ticket; ${print(answer)}`), answer);
});

Deno.test("probeLibsrt returns what was tried if there is no usable libsrt", async () => {
  deepStrictEqual(await probeBy(`read -r ticket; ${print(NONE)}; exit 4`), NONE);
});

for (const libsrt of [null, "/opt/my libsrt.so"]) {
  Deno.test(`probeLibsrt asks in the role of a probe, on stdin: ${libsrt}`, async () => {
    const script =
      `read -r ticket; printf '{"event":"probe","libsrt":null,"text":"%s"}\\n' "$0 $(echo "$ticket" | tr '"' "'")"`;
    const { text } = await probeBy(script, { libsrt });
    deepStrictEqual(text, `probe ${JSON.stringify({ libsrt, embedded: null }).replaceAll('"', "'")}`);
  });
}

for (
  const [what, script, words] of [
    ["prints nothing", "echo broken >&2; exit 0", / ended with exit code 0: broken$/],
    ["prints something else", 'echo \'{"event":"ready"}\'', / ended with exit code 0$/],
    ["ends with the exit code of a bug", `${print(NONE)}; exit 70`, / ended with exit code 70$/],
    ["is killed", `${print(NONE)}; echo oops >&2; kill -SEGV $$`, / ended with SIGSEGV: oops$/],
  ] as const
) {
  Deno.test(`probeLibsrt throws HandoffError with its output if the probe ${what}`, async () => {
    await rejects(probeBy(`read -r ticket; ${script}`), failure(words));
  });
}

Deno.test("probeLibsrt kills a probe that does not answer, and reports it", async () => {
  const words = /^the process that tries it gave no answer within 0\.2 s$/;
  await rejects(probeBy("exec sleep 1000", { deadlineMs: 200 }), failure(words));
});

Deno.test("probeLibsrt throws HandoffError if no process can be started", async () => {
  await rejects(
    probeBy("", { file: "/nowhere/deno" }),
    failure(/^no process can be started to try it: .*\/nowhere\/deno/),
  );
});

function failure(words: RegExp): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof HandoffError)) return false;
    match(error.message, words);
    return true;
  };
}
