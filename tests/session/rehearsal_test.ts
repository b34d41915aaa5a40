/** Tests of mod/session/rehearsal.ts: the system's libsrt, sockets on loopback. */
import { match, strictEqual } from "node:assert/strict";
import { listProcFolder, readProcFile, readProcLink } from "../../mod/os/proc.ts";
import { rehearse } from "../../mod/session/rehearsal.ts";
import { libc, libsrt } from "../srt/connected_pair.ts";
import { waitUntil } from "../support/processes.ts";

/** The open sockets of this process. */
function openSockets(): readonly string[] {
  const descriptors = listProcFolder(libc, "/proc/self/fd");
  return descriptors.filter((name) => readProcLink(libc, `/proc/self/fd/${name}`)?.startsWith("socket:"));
}

/** The threads of libsrt's connections. */
function srtThreads(): readonly string[] {
  const threads = listProcFolder(libc, "/proc/self/task").filter((name) => /^\d+$/.test(name));
  return threads.filter((thread) =>
    /^SRT:(RcvQ|SndQ|TsbPd)/.test(readProcFile(libc, `/proc/self/task/${thread}/comm`) ?? "")
  );
}

Deno.test("a rehearsal runs to its end, can be repeated, and leaves neither socket nor thread", async () => {
  const sockets = openSockets().length;
  const threads = srtThreads().length;
  strictEqual(await rehearse(libsrt, libc), null);
  strictEqual(await rehearse(libsrt, libc), null);
  await waitUntil("libsrt to close the sockets", () => openSockets().length <= sockets);
  await waitUntil("libsrt to end its threads", () => srtThreads().length <= threads);
});

Deno.test("a rehearsal for which no socket can be opened returns why, and leaves no socket", async () => {
  const sockets = openSockets().length;
  const failing = { ...libc, symbols: { ...libc.symbols, connect: () => -1 } };
  match(await rehearse(libsrt, failing) ?? "", /^cannot connect /);
  strictEqual(openSockets().length, sockets);
});
