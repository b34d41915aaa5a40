/** Tests of mod/handoff/probe_libsrt.ts: real processes, small shell scripts in place of a probe. */
import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { probeLibsrt } from "../../mod/handoff/probe_libsrt.ts";
import { HandoffError } from "../../mod/handoff/child_command.ts";

const FOUND = {
  version: "1.5.1",
  file: "libsrt.so.1.5",
  path: "/lib/libsrt.so.1.5",
  embedded: false,
  aesGcm: false,
  warning: null,
  induction: { caller: { address: "127.0.0.1", port: 40_000 }, cookie: 7 },
};
const NONE = { libsrt: null, text: "tried:\n  libsrt.so.1.5: not there" };

function probeBy(script: string, { libsrt = null, deadlineMs, file = "/bin/sh" }: {
  readonly libsrt?: string | null;
  readonly deadlineMs?: number;
  readonly file?: string;
} = {}) {
  const command = { file, args: ["-c", script], environment: {}, folder: "/", files: [] };
  return probeLibsrt(command, { libsrt, embedded: null }, deadlineMs);
}

function print(message: object): string {
  return `printf '%s\\n' '${JSON.stringify(message)}'`;
}

Deno.test("probeLibsrt returns what the probe found", async () => {
  const answer = { libsrt: FOUND, text: "" };
  deepStrictEqual(await probeBy(print(answer)), answer);
});

Deno.test("probeLibsrt returns what was tried if there is no usable libsrt", async () => {
  deepStrictEqual(await probeBy(`${print(NONE)}; exit 4`), NONE);
});

for (const libsrt of [null, "/opt/my libsrt.so"]) {
  Deno.test(`probeLibsrt starts the process in the role of a probe, with its ticket: ${libsrt}`, async () => {
    const script = `printf '{"libsrt":null,"text":"%s"}\\n' "$0 $(echo "$1" | tr '"' "'")"`;
    const { text } = await probeBy(script, { libsrt });
    deepStrictEqual(text, `probe ${JSON.stringify({ libsrt, embedded: null }).replaceAll('"', "'")}`);
  });
}

Deno.test("probeLibsrt gives the process a pipe or a socket as stdin, and closes it: /dev/null may not exist", async () => {
  const { text } = await probeBy(`cat; printf '{"libsrt":null,"text":"%s"}\\n' "$(readlink /proc/self/fd/0)"`);
  match(text, /^(?:pipe|socket):/);
});

for (
  const [what, script, message] of [
    ["prints nothing", "echo broken >&2; exit 0", / ended with exit code 0: broken$/],
    ["prints something else", 'echo \'{"event":"ready"}\'', / ended with exit code 0$/],
    ["prints an answer without its text", print({ libsrt: FOUND }), / ended with exit code 0$/],
    [
      "prints a libsrt without its file",
      print({ libsrt: { ...FOUND, file: null }, text: "" }),
      / ended with exit code 0$/,
    ],
    [
      "does not print whether it knows AES-GCM",
      print({ libsrt: { ...FOUND, aesGcm: undefined }, text: "" }),
      / ended with exit code 0$/,
    ],
    [
      "prints a libsrt without its INDUCTION",
      print({ libsrt: { ...FOUND, induction: null }, text: "" }),
      / code 0$/,
    ],
    ["ends with the exit code of a bug", `${print(NONE)}; exit 70`, / ended with exit code 70$/],
    ["is killed", `${print(NONE)}; echo oops >&2; kill -SEGV $$`, / ended with SIGSEGV: oops$/],
  ] as const
) {
  Deno.test(`probeLibsrt throws HandoffError, with what the probe wrote to stderr, if it ${what}`, async () => {
    await rejects(probeBy(script), failure(message));
  });
}

Deno.test("probeLibsrt kills a probe that does not answer, and reports it", async () => {
  const message = /^the process that loads libsrt gave no answer within 0\.2 s$/;
  await rejects(probeBy("exec sleep 1000", { deadlineMs: 200 }), failure(message));
});

Deno.test("probeLibsrt throws HandoffError if no process can be started", async () => {
  await rejects(
    probeBy("", { file: "/nowhere/deno" }),
    failure(/^cannot start the process that loads libsrt: .*\/nowhere\/deno/),
  );
});

function failure(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof HandoffError)) return false;
    match(error.message, message);
    return true;
  };
}
