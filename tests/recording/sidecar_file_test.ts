import assert from "node:assert/strict";

import { SidecarError, SidecarFile, writeFinalSidecar } from "../../mod/recording/sidecar_file.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { FINAL_SIDECAR as FINAL, SIDECAR_START as START } from "./sidecars.ts";

/** A folder that is not empty cannot be replaced by a rename, not even by root. */
function occupy(path: string): void {
  Deno.mkdirSync(`${path}/occupied`, { recursive: true });
}

function read(path: string): unknown {
  return JSON.parse(Deno.readTextFileSync(path));
}

Deno.test("SidecarFile writes a sidecar in the state recording, reserves space for the final one, and replaces it when finished", async () => {
  using folder = new TemporaryFolder();
  const sidecar = await SidecarFile.begin(folder.file("cam1.ts"), START, { algorithm: "sha256" });
  const { state, session, end, checksum } = read(folder.file("cam1.ts.json")) as Record<string, unknown>;
  assert.deepEqual([state, session, end, checksum], ["recording", "s1", null, { algorithm: "sha256", value: null }]);
  assert.ok(Deno.statSync(folder.file("cam1.ts.json.part")).size >= 16_384);
  await sidecar.finish(FINAL);
  assert.deepEqual([read(folder.file("cam1.ts.json")), folder.names()], [FINAL, ["cam1.ts.json"]]);
});

for (const ending of [".json", ".json.part"]) {
  Deno.test(`SidecarFile.begin does not touch an existing file ${ending}, and leaves nothing behind`, async () => {
    using folder = new TemporaryFolder();
    Deno.writeTextFileSync(folder.file(`cam1.ts${ending}`), "precious");
    await assert.rejects(SidecarFile.begin(folder.file("cam1.ts"), START, { algorithm: null }), SidecarError);
    assert.equal(Deno.readTextFileSync(folder.file(`cam1.ts${ending}`)), "precious");
    assert.deepEqual(folder.names(), [`cam1.ts${ending}`]);
  });

  Deno.test(`SidecarFile.begin does not create the target of a broken symbolic link ${ending}`, async () => {
    using folder = new TemporaryFolder();
    Deno.symlinkSync(folder.file("elsewhere"), folder.file(`cam1.ts${ending}`));
    await assert.rejects(SidecarFile.begin(folder.file("cam1.ts"), START, { algorithm: null }), SidecarError);
    assert.deepEqual(folder.names(), [`cam1.ts${ending}`]);
  });
}

Deno.test("SidecarFile.finish replaces a link with the final sidecar, and does not touch its target", async () => {
  using folder = new TemporaryFolder();
  const sidecar = await SidecarFile.begin(folder.file("cam1.ts"), START, { algorithm: null });
  Deno.writeTextFileSync(folder.file("precious"), "precious");
  Deno.removeSync(folder.file("cam1.ts.json"));
  Deno.symlinkSync(folder.file("precious"), folder.file("cam1.ts.json"));
  await sidecar.finish(FINAL);
  assert.equal(Deno.readTextFileSync(folder.file("precious")), "precious");
  assert.deepEqual(read(folder.file("cam1.ts.json")), FINAL);
});

Deno.test("SidecarFile.finish does not write through a symbolic link that has replaced the part", async () => {
  using folder = new TemporaryFolder();
  const sidecar = await SidecarFile.begin(folder.file("cam1.ts"), START, { algorithm: null });
  Deno.writeTextFileSync(folder.file("precious"), "precious");
  Deno.removeSync(folder.file("cam1.ts.json.part"));
  Deno.symlinkSync(folder.file("precious"), folder.file("cam1.ts.json.part"));
  await sidecar.finish(FINAL);
  assert.equal(Deno.readTextFileSync(folder.file("precious")), "precious");
});

Deno.test("SidecarFile.finish writes a sidecar that was deleted together with its part", async () => {
  using folder = new TemporaryFolder();
  const sidecar = await SidecarFile.begin(folder.file("cam1.ts"), START, { algorithm: null });
  for (const name of folder.names()) Deno.removeSync(folder.file(name));
  await sidecar.finish(FINAL);
  assert.deepEqual([read(folder.file("cam1.ts.json")), folder.names()], [FINAL, ["cam1.ts.json"]]);
});

Deno.test("SidecarFile.finish does not touch a folder in place of the sidecar, and leaves no part behind when it fails", async () => {
  using folder = new TemporaryFolder();
  const sidecar = await SidecarFile.begin(folder.file("cam1.ts"), START, { algorithm: null });
  Deno.removeSync(folder.file("cam1.ts.json"));
  occupy(folder.file("cam1.ts.json"));
  await assert.rejects(sidecar.finish(FINAL), { name: "SidecarError", message: /^cannot complete .*cam1\.ts\.json: / });
  assert.deepEqual(folder.names(), ["cam1.ts.json"]);
});

Deno.test({
  // a file that is a mount point can be neither renamed nor removed
  ...needing([MOUNTS], "SidecarFile.finish names the part in its error if the part cannot be removed"),
  fn: async () => {
    using folder = new TemporaryFolder();
    const sidecar = await SidecarFile.begin(folder.file("cam1.ts"), START, { algorithm: null });
    const part = folder.file("cam1.ts.json.part");
    await new Deno.Command("mount", { args: ["--bind", part, part] }).output();
    try {
      await assert.rejects(sidecar.finish(FINAL), { message: /cam1\.ts\.json\.part is left over$/ });
    } finally {
      await new Deno.Command("umount", { args: [part] }).output();
    }
  },
});

Deno.test("SidecarFile.remove removes both files, also if one of them is missing", async () => {
  using folder = new TemporaryFolder();
  const sidecar = await SidecarFile.begin(folder.file("cam1.ts"), START, { algorithm: null });
  Deno.removeSync(folder.file("cam1.ts.json.part"));
  await sidecar.remove();
  assert.deepEqual(folder.names(), []);
});

Deno.test("writeFinalSidecar writes a sidecar if none was begun, and does not touch an existing file", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("b.ts.json"), "precious");
  await writeFinalSidecar(folder.file("a.ts"), FINAL, { replace: false });
  await assert.rejects(writeFinalSidecar(folder.file("b.ts"), FINAL, { replace: false }), SidecarError);
  assert.deepEqual(read(folder.file("a.ts.json")), FINAL);
  assert.equal(Deno.readTextFileSync(folder.file("b.ts.json")), "precious");
  assert.deepEqual(folder.names(), ["a.ts.json", "b.ts.json"]);
});
