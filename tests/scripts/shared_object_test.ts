import assert from "node:assert/strict";
import { linkLibsrt } from "../../scripts/link_libsrt.ts";
import { readSharedObject, sharedObjectProblems } from "../../scripts/shared_object.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { CompileError } from "../../scripts/run_tool.ts";

const FOLDER = `/usr/lib/${Deno.build.arch}-linux-gnu`;
const TARGET = `${Deno.build.arch}-unknown-linux-gnu`;

/** Returns which files of those that `deno task setup compile` installs are missing, as text; null if none is. */
function whyNotLinked(): string | null {
  const missing = [`${FOLDER}/libsrt.a`, `${FOLDER}/libcrypto.a`, "/usr/bin/g++", "/usr/bin/readelf"].filter((file) => {
    try {
      Deno.statSync(file);
      return false;
    } catch {
      return true;
    }
  });
  return missing.length === 0 ? null : `no ${missing.join(", no ")}: deno task setup compile`;
}

const skipped = whyNotLinked();
const suffix = skipped === null ? "" : ` (skipped: ${skipped})`;

Deno.test({
  name: `linkLibsrt makes a libsrt that needs only glibc and has every function that is called${suffix}`,
  ignore: skipped !== null,
  fn: async () => {
    using folder = new TemporaryFolder();
    const { libsrt } = await linkLibsrt(folder.file("libsrt.so"));
    const object = await readSharedObject(folder.file("libsrt.so"));
    assert.deepStrictEqual(sharedObjectProblems(object, TARGET), []);
    assert.strictEqual(libsrt.name, "libsrt-openssl-dev");
    assert.match(libsrt.version, /^1\.\d+\.\d+-/);
  },
});

Deno.test({
  name: `linkLibsrt exports only libsrt's functions${suffix}`,
  ignore: skipped !== null,
  fn: async () => {
    using folder = new TemporaryFolder();
    await linkLibsrt(folder.file("libsrt.so"));
    const { functions } = await readSharedObject(folder.file("libsrt.so"));
    assert.deepStrictEqual([...functions].filter((name) => !name.startsWith("srt_")), []);
  },
});

Deno.test({
  name: `a libsrt that needs a crypto library cannot go into the executable${suffix}`,
  ignore: skipped !== null,
  fn: async () => {
    const problems = sharedObjectProblems(await readSharedObject(`${FOLDER}/libsrt.so.1.5`), TARGET);
    assert.match(problems.join(), /^it needs .*lib(?:crypto|gnutls)\.so/);
  },
});

Deno.test({
  name: `a library that is not libsrt cannot go into the executable${suffix}`,
  ignore: skipped !== null,
  fn: async () => {
    const problems = sharedObjectProblems(await readSharedObject(`${FOLDER}/libm.so.6`), TARGET);
    assert.match(problems.join(), /^it has no srt_startup, .*srt_bind_acquire/);
  },
});

Deno.test({
  name: `a libsrt for another machine cannot go into the executable${suffix}`,
  ignore: skipped !== null,
  fn: async () => {
    const object = await readSharedObject(`${FOLDER}/libsrt.so.1.5`);
    assert.match(
      sharedObjectProblems(object, "riscv64gc-unknown-linux-gnu")[0] ?? "",
      /^it is for .*, not for riscv64gc/,
    );
  },
});

Deno.test({
  name: `readSharedObject rejects a file that is not a shared object${suffix}`,
  ignore: skipped !== null,
  fn: async () => {
    using folder = new TemporaryFolder();
    Deno.writeTextFileSync(folder.file("text"), "text");
    await assert.rejects(
      readSharedObject(folder.file("text")),
      (error) => error instanceof CompileError && /cannot read .*text: readelf/.test(error.message),
    );
  },
});
