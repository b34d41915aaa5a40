import assert from "node:assert/strict";

import { recoverFolder, type Recovery } from "../../mod/inspection/recover_folder.ts";
import { SidecarFile, sidecarPath } from "../../mod/recording/sidecar_file.ts";
import type { FinalSidecar } from "../../mod/vocabulary/sidecar.ts";
import { FINAL_SIDECAR as FINAL, SIDECAR_START as START } from "../recording/sidecars.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

/** Creates a recording of 4 bytes whose process died. Returns its path. */
async function killedIn(folder: TemporaryFolder, name = "cam1.ts"): Promise<string> {
  const recording = folder.file(name);
  Deno.writeTextFileSync(recording, "data");
  await using _begun = await SidecarFile.begin(recording, START, { algorithm: null });
  return recording;
}

/** Recovers a folder. Returns what is reported, and the sidecar afterwards. */
async function recovered(
  isLocked: (recording: string) => boolean,
  change: (recording: string) => void = () => {},
): Promise<readonly [readonly Recovery[], FinalSidecar]> {
  using folder = new TemporaryFolder();
  const recording = await killedIn(folder);
  change(recording);
  const recoveries: Recovery[] = [];
  await recoverFolder(folder.path, { isLocked, onRecovery: (recovery) => recoveries.push(recovery) });
  return [recoveries, JSON.parse(Deno.readTextFileSync(sidecarPath(recording)))];
}

Deno.test("recoverFolder uses the last write to a recording as its end", async () => {
  const [, { end, durationMs }] = await recovered(
    () => false,
    (recording) => Deno.utimeSync(recording, new Date(0), new Date("2026-05-04T14:03:12.500Z")),
  );
  assert.deepEqual([end, durationMs], ["2026-05-04T14:03:12.500Z", 5500]);
});

Deno.test("recoverFolder gives no negative duration if the clock was set back", async () => {
  const [, { durationMs }] = await recovered(
    () => false,
    (recording) => Deno.utimeSync(recording, new Date(0), new Date("2020-01-01T00:00:00.000Z")),
  );
  assert.equal(durationMs, 0);
});

Deno.test("recoverFolder keeps the final sidecar of a session that ends meanwhile", async () => {
  const [recoveries, sidecar] = await recovered((recording) => {
    Deno.writeTextFileSync(sidecarPath(recording), JSON.stringify(FINAL));
    return false;
  });
  assert.deepEqual([recoveries, sidecar], [[], FINAL]);
});

Deno.test("recoverFolder keeps fields that a newer version wrote", async () => {
  const [, sidecar] = await recovered(() => false, (recording) => {
    const path = sidecarPath(recording);
    Deno.writeTextFileSync(path, JSON.stringify({ ...JSON.parse(Deno.readTextFileSync(path)), camera: "left" }));
  });
  assert.equal((sidecar as unknown as { readonly camera: string }).camera, "left");
});

Deno.test("recoverFolder does not change a recording if it cannot determine whether the recording is running, and reports that", async () => {
  const [[recovery], { state }] = await recovered(() => {
    throw new Error("no locks here");
  });
  assert.equal(recovery?.outcome, "failed");
  assert.match(recovery?.text ?? "", /cannot determine whether it is still being recorded \(no locks here\)/);
  assert.equal(state as string, "recording");
});

Deno.test("recoverFolder completes a partial sidecar whose process was killed before the rename", async () => {
  const [recoveries, { state, bytes }] = await recovered(() => false, (recording) => {
    Deno.renameSync(sidecarPath(recording), `${sidecarPath(recording)}.part`);
  });
  assert.deepEqual([recoveries.map(({ outcome }) => outcome), state, bytes], [["recovered"], "final", 4]);
});

Deno.test("recoverFolder continues after a sidecar that it cannot complete", async () => {
  using folder = new TemporaryFolder();
  for (const name of ["a.ts", "b.ts"]) await killedIn(folder, name);
  const outcomes: string[] = [];
  await recoverFolder(folder.path, {
    isLocked: (path) => {
      if (path.endsWith("a.ts")) throw new Error("no locks here");
      return false;
    },
    onRecovery: ({ outcome }) => outcomes.push(outcome),
  });
  assert.deepEqual(outcomes, ["failed", "recovered"]);
});

Deno.test("recoverFolder does not write through a link that replaces the .part file of a killed process", async () => {
  using folder = new TemporaryFolder();
  const recording = await killedIn(folder);
  Deno.writeTextFileSync(folder.file("precious"), "precious");
  Deno.removeSync(`${recording}.json.part`);
  Deno.symlinkSync(folder.file("precious"), `${recording}.json.part`);
  const outcomes: string[] = [];
  await recoverFolder(folder.path, { isLocked: () => false, onRecovery: ({ outcome }) => outcomes.push(outcome) });
  assert.deepEqual(outcomes, ["recovered"]);
  assert.equal(Deno.readTextFileSync(folder.file("precious")), "precious");
  assert.deepEqual(folder.names(), ["cam1.ts", "cam1.ts.json", "precious"]);
});

Deno.test("recoverFolder ignores a sidecar that is a link", async () => {
  using folder = new TemporaryFolder();
  const recording = await killedIn(folder);
  Deno.renameSync(`${recording}.json`, folder.file("elsewhere"));
  Deno.symlinkSync(folder.file("elsewhere"), `${recording}.json`);
  const before = Deno.readTextFileSync(folder.file("elsewhere"));
  await recoverFolder(folder.path, { isLocked: () => false, onRecovery: () => assert.fail("nothing to recover") });
  assert.equal(Deno.readTextFileSync(folder.file("elsewhere")), before);
});

Deno.test("recoverFolder does not follow a recording that is a link", async () => {
  using elsewhere = new TemporaryFolder();
  Deno.writeTextFileSync(elsewhere.file("private"), "private");
  const [[recovery], { state }] = await recovered(() => false, (recording) => {
    Deno.removeSync(recording);
    Deno.symlinkSync(elsewhere.file("private"), recording);
  });
  assert.match(recovery?.text ?? "", /^the recording is a symbolic link, which is not followed/);
  assert.deepEqual([recovery?.outcome, state as string], ["failed", "recording"]);
});

for (const damage of [{ checksum: 7 }, { checksum: { algorithm: "rot13" } }, { start: "yesterday" }]) {
  Deno.test(`recoverFolder reports a damaged sidecar: ${JSON.stringify(damage)}`, async () => {
    const [[recovery]] = await recovered(() => false, (recording) => {
      const path = sidecarPath(recording);
      Deno.writeTextFileSync(path, JSON.stringify({ ...JSON.parse(Deno.readTextFileSync(path)), ...damage }));
    });
    assert.equal(recovery?.outcome, "failed");
    assert.match(recovery?.text ?? "", /cam1\.ts\.json is incomplete and does not describe its recording/);
  });
}

Deno.test("recoverFolder completes sidecars in subfolders, and follows no link to a folder", async () => {
  using folder = new TemporaryFolder();
  using elsewhere = new TemporaryFolder();
  Deno.mkdirSync(folder.file("cam1/2026-05-04"), { recursive: true });
  Deno.symlinkSync(elsewhere.path, folder.file("cam2"));
  await killedIn(folder, "cam1/2026-05-04/a.ts");
  await killedIn(folder, "b.ts");
  await killedIn(elsewhere);
  const recoveries: Recovery[] = [];
  await recoverFolder(folder.path, { isLocked: () => false, onRecovery: (recovery) => recoveries.push(recovery) });
  assert.deepEqual(
    recoveries.map(({ file, outcome }) => [file, outcome]),
    [[folder.file("b.ts"), "recovered"], [folder.file("cam1/2026-05-04/a.ts"), "recovered"]],
  );
});

Deno.test("recoverFolder reports a subfolder that it cannot read, and continues with the next", async () => {
  using folder = new TemporaryFolder();
  for (const name of ["cam1", "cam2"]) Deno.mkdirSync(folder.file(name));
  await killedIn(folder, "a.ts");
  await killedIn(folder, "cam2/b.ts");
  const recoveries: Recovery[] = [];
  await recoverFolder(folder.path, {
    isLocked: (path) => {
      if (path === folder.file("a.ts")) Deno.removeSync(folder.file("cam1"));
      return false;
    },
    onRecovery: (recovery) => recoveries.push(recovery),
  });
  assert.deepEqual(recoveries.map(({ file, outcome }) => [file, outcome]), [
    [folder.file("a.ts"), "recovered"],
    [folder.file("cam1"), "failed"],
    [folder.file("cam2/b.ts"), "recovered"],
  ]);
  assert.match(recoveries[1]?.text ?? "", /^cannot read the folder: /);
});
