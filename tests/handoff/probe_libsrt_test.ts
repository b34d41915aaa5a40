/** Tests of mod/handoff/probe_libsrt.ts: real processes, small shell scripts in place of a probe. */
import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { probeLibsrt } from "../../mod/handoff/probe_libsrt.ts";
import { HandoffError } from "../../mod/handoff/session_child.ts";

const FOUND = { version: "1.5.1", file: "libsrt.so.1.5", embedded: false, cookiePredicted: true, warning: null };
const NONE = { event: "probe", libsrt: null, text: "tried:\n  libsrt.so.1.5: not there" };

function probeBy(script: string, libsrt: string | null = null) {
  return probeLibsrt({ file: "/bin/sh", args: ["-c", script], environment: {}, folder: null }, {
    libsrt,
    embedded: null,
  });
}

function print(message: object): string {
  return `printf '%s\\n' '${JSON.stringify(message)}'`;
}

Deno.test("probeLibsrt returns what the probe found", async () => {
  const answer = { event: "probe", libsrt: FOUND, text: "" };
  deepStrictEqual(await probeBy(`read -r ticket; ${print(answer)}`), answer);
});

Deno.test("probeLibsrt returns what was tried where there is no usable libsrt", async () => {
  deepStrictEqual(await probeBy(`read -r ticket; ${print(NONE)}; exit 4`), NONE);
});

for (const libsrt of [null, "/opt/my libsrt.so"]) {
  Deno.test(`probeLibsrt asks in the role of a probe, on stdin: ${libsrt}`, async () => {
    const script =
      `read -r ticket; printf '{"event":"probe","libsrt":null,"text":"%s"}\\n' "$0 $(echo "$ticket" | tr '"' "'")"`;
    const { text } = await probeBy(script, libsrt);
    deepStrictEqual(text, `probe ${JSON.stringify({ libsrt, embedded: null }).replaceAll('"', "'")}`);
  });
}

for (
  const [what, script, words] of [
    ["says nothing", "echo broken >&2; exit 0", /\(exit code 0\): broken$/],
    ["says something else", 'echo \'{"event":"ready"}\'', /\(exit code 0\): $/],
    ["ends with the exit code of a bug", `${print(NONE)}; exit 70`, /\(exit code 70\): $/],
    ["is killed", `${print(NONE)}; echo oops >&2; kill -SEGV $$`, /\(SIGSEGV\): oops$/],
  ] as const
) {
  Deno.test(`probeLibsrt throws HandoffError with its words where the probe ${what}`, async () => {
    await rejects(probeBy(`read -r ticket; ${script}`), (error) => {
      if (!(error instanceof HandoffError)) return false;
      match(error.message, words);
      return error.message.startsWith("Cannot try libsrt in a process of its own");
    });
  });
}
