/** Tests of mod/session/rehearsal.ts: the system's libsrt, sockets on loopback. */
import { listProcFolder, readProcLink } from "../../mod/os/proc.ts";
import { rehearse } from "../../mod/session/rehearsal.ts";
import { libc, libsrt } from "../srt/connected_pair.ts";
import { waitUntil } from "../support/processes.ts";

/** The open sockets of this process. */
function socketsOf(): readonly string[] {
  const descriptors = listProcFolder(libc, "/proc/self/fd");
  return descriptors.filter((name) => readProcLink(libc, `/proc/self/fd/${name}`)?.startsWith("socket:"));
}

Deno.test("a rehearsal ends by itself, can be repeated, and leaves no socket", async () => {
  const before = socketsOf().length;
  await rehearse(libsrt, libc);
  await rehearse(libsrt, libc);
  await waitUntil("libsrt to close the sockets", () => socketsOf().length <= before);
});
