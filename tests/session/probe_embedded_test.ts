import assert from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { probe } from "../../mod/session/probe.ts";
import { SYSTEM_NAMES } from "../../mod/srt/find_library.ts";

const libc = openLibc();

/** A copy inside the executable that this machine's dynamic linker cannot load. */
const BROKEN = { file: "/proc/self/fd/9999", packageVersion: "1.5.1-1+deb12u2" };

Deno.test("probe warns if the libsrt in the executable cannot be loaded, and uses the system's", async () => {
  const { libsrt } = await probe({ libsrt: null, embedded: BROKEN }, libc);
  assert.ok(libsrt !== null);
  assert.strictEqual(libsrt.embedded, false);
  assert.match(
    libsrt.warning ?? "",
    /^the libsrt in this executable cannot be loaded here .*: using libsrt\S* of this/,
  );
});

Deno.test("probe does not mention the libsrt in the executable if it is used", async () => {
  const { libsrt: system } = await probe({ libsrt: null, embedded: null }, libc);
  assert.ok(system !== null && SYSTEM_NAMES.includes(system.file));
  const embedded = { file: system.file, packageVersion: "1.5.1-1+deb12u2" };
  const { libsrt } = await probe({ libsrt: null, embedded }, libc);
  assert.deepStrictEqual([libsrt?.embedded, libsrt?.warning?.includes("this executable") ?? false], [true, false]);
});
