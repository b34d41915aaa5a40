/** SIGHUP with real processes: it reads the configuration file again, ends the run, or does nothing. */

import assert from "node:assert/strict";
import { exists } from "../../scripts/files.ts";
import type { ListeningEvent } from "../../mod/vocabulary/events.ts";
import { makePayload } from "../support/payload.ts";
import { call } from "../support/call.ts";
import { processStatus, waitUntil, waitUntilGone } from "../support/processes.ts";
import { Splitter, splitterCommand } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { Terminal } from "../support/terminal.ts";
import { ConfigFolder } from "./config_folder.ts";

const LOCAL = "127.0.0.1:0";

/** Starts a program as a shell that ignores SIGHUP does. */
const IGNORING_IN_SHELL = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"] as const;

/** Waits for the ready file, which is written after the first line of output, and reads it. */
async function readReady(file: string): Promise<ListeningEvent> {
  await waitUntil("the ready file", () => exists(file));
  return JSON.parse(Deno.readTextFileSync(file));
}

for (const [what, as] of [["nohup", ["nohup"]], ["a shell that ignores it", IGNORING_IN_SHELL]] as const) {
  Deno.test(`under ${what}, SIGHUP does not end the run`, async () => {
    await using splitter = await Splitter.listen([LOCAL], { as });
    splitter.signal("SIGHUP");
    await using caller = await SrtCaller.connect({ port: splitter.port });
    await splitter.event("session-start");
    caller.close();
    assert.strictEqual(await splitter.stop("SIGINT"), 0);
    assert.deepStrictEqual(splitter.eventsNamed("stopping").map(({ cause }) => cause), ["SIGINT"]);
  });
}

Deno.test("under nohup SIGHUP does not end send", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("payload.ts");
  Deno.writeFileSync(file, makePayload(100));
  await using splitter = await Splitter.listen([LOCAL, "--stats", "200ms"]);
  const address = `srt://127.0.0.1:${splitter.port}?streamid=cam1`;
  await using send = Splitter.start(["send", file, address, "--rate", "100kbps", "--loop"], { as: ["nohup"] });
  await send.line(/^connected to/);
  send.signal("SIGHUP");
  const { bytes } = await splitter.event("stats");
  await splitter.event("stats", (event) => event.bytes > bytes); // it continues
  assert.strictEqual(await send.stop("SIGINT"), 0);
});

for (
  const [what, as, admitted] of [
    ["ends the run cleanly", "", 0],
    ["does not end the run if SIGHUP is ignored, and a caller is admitted", 'trap "" HUP;', 1],
  ] as const
) {
  Deno.test(`a hang-up of the terminal with the live table ${what}`, async () => {
    using folder = new TemporaryFolder();
    const [ready, summary] = [folder.file("ready.json"), folder.file("summary.json")];
    const reports = ["--ready-file", ready, "--summary", summary];
    const { file, args } = splitterCommand(["listen", LOCAL, ...reports, "--sessions", "1", "--for", "2min"]);
    const line = `${as} exec '${[file, ...args].join("' '")}'`;
    const screen = { columns: 160, rows: 24 };
    await using terminal = await Terminal.start(["script", "--quiet", "--command", line, "/dev/null"], screen);
    await terminal.until("the port", (rows) => rows.some((row) => /^port \d+: waiting/.test(row)));
    const { pid, port } = await readReady(ready);
    const holder = processStatus(pid)?.parent ?? 0;
    Deno.kill(holder, "SIGKILL"); // the end of `script` closes the terminal
    await waitUntilGone(holder);
    if (admitted === 1) await call({ port }, "cam1");
    await waitUntilGone(pid);
    const { exitCode, sessions } = JSON.parse(Deno.readTextFileSync(summary));
    assert.deepStrictEqual([exitCode, sessions.length], [0, admitted]);
  });
}

Deno.test("under nohup SIGHUP still reads the configuration file again", async () => {
  using config = new ConfigFolder('deny = "cam1"\n');
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file], { as: ["nohup"] });
  config.write('deny = "cam2"\n');
  splitter.signal("SIGHUP");
  assert.strictEqual((await splitter.event("reloaded")).ok, true);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await splitter.event("session-start");
  caller.close();
});

for (
  const [shell, operand] of [
    ["bash", "--passphrase-file <(echo correct horse battery)"],
    ["zsh", "--passphrase-file /proc/self/fd/9 9< <(echo correct horse battery)"],
  ] as const
) {
  Deno.test(`a passphrase file that is a pipe, as ${shell} passes it, is read at the start, and SIGHUP changes nothing`, async () => {
    using config = new ConfigFolder("");
    const as = ["bash", "-c", `exec "$@" ${operand}`, "bash"];
    await using splitter = await Splitter.listen([LOCAL, "--config", config.file], { as });
    splitter.signal("SIGHUP");
    const { ok, text } = await splitter.event("reloaded");
    assert.deepStrictEqual([ok, /^nothing has changed: .* again: it is a pipe/.test(text)], [false, true], text);
    await using caller = await SrtCaller.connect({ port: splitter.port, passphrase: "correct horse battery" });
    caller.close();
    assert.strictEqual((await splitter.event("session-start")).encrypted, true);
  });
}

Deno.test("after SIGHUP the live table has figures of new sessions", async () => {
  using config = new ConfigFolder(`address = "${LOCAL}"\n`);
  using folder = new TemporaryFolder();
  const ready = folder.file("ready.json");
  const listen = ["listen", "-c", config.file, "--out", folder.path, "--ready-file", ready, "--for", "2min"];
  const { file, args } = splitterCommand(listen);
  await using terminal = await Terminal.start([file, ...args], { columns: 160, rows: 24 });
  await terminal.until("the port", (rows) => rows.some((row) => /^port \d+: waiting/.test(row)));
  const { pid, port } = await readReady(ready);
  Deno.kill(pid, "SIGHUP");
  await terminal.until("the reload", (rows) => rows.some((row) => row.includes("was read again")));
  await using caller = await SrtCaller.connect({ port, streamId: "cam1" });
  await caller.send(makePayload(10));
  await terminal.until("figures", (rows) => rows.some((row) => /^s1 cam1 .*bit\/s/.test(row)));
  await terminal.type("C-c"); // closing its terminal would send another SIGHUP, which only reads the file of -c again
  await terminal.until("the end", (rows) => rows.some((row) => /^exit code 0/.test(row)));
});
