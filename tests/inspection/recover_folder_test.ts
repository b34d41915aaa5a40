import assert from "node:assert/strict";

import { recoverFolder, type RecoverOptions, type Recovery } from "../../mod/inspection/recover_folder.ts";
import { beginSidecar, finishSidecar, sidecarPath } from "../../mod/recording/sidecar_file.ts";
import type { FinalSidecar, SidecarStart } from "../../mod/vocabulary/sidecar.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const START: SidecarStart = {
  schema: 1,
  file: "cam1.ts",
  session: "s1",
  caller: { address: "192.0.2.9", port: 40_123 },
  local: { address: "192.0.2.7", port: 9000 },
  stream: "cam1",
  streamId: "cam1",
  srtVersion: "1.5.1",
  latencyMs: 120,
  encrypted: false,
  keyLength: 0,
  start: "2026-05-04T14:03:07.000Z",
};

const FINAL: FinalSidecar = {
  ...START,
  state: "final",
  end: "2026-05-04T14:03:09.000Z",
  reason: "caller-closed",
  text: "the caller closed the connection",
  durationMs: 2000,
  bytes: 4,
  statistics: null,
  losses: null,
  ts: null,
  checksum: null,
};

/** What recovering a folder says, and the sidecar afterwards; the recording is `cam1.ts` with 4 bytes. */
async function recovered(
  isLocked: RecoverOptions["isLocked"],
  change: (recording: string) => void = () => {},
): Promise<readonly [readonly Recovery[], FinalSidecar]> {
  using folder = new TemporaryFolder();
  const recording = folder.file("cam1.ts");
  Deno.writeTextFileSync(recording, "data");
  await beginSidecar(recording, START, null);
  change(recording);
  const recoveries: Recovery[] = [];
  recoverFolder(folder.path, { isLocked, onRecovery: (recovery) => recoveries.push(recovery) });
  return [recoveries, JSON.parse(Deno.readTextFileSync(sidecarPath(recording)))];
}

Deno.test("recoverFolder takes the end of a recording from when its file was written last", async () => {
  const [, { end, durationMs }] = await recovered(
    () => false,
    (recording) => Deno.utimeSync(recording, new Date(0), new Date("2026-05-04T14:03:12.500Z")),
  );
  assert.deepEqual([end, durationMs], ["2026-05-04T14:03:12.500Z", 5500]);
});

Deno.test("recoverFolder gives no negative duration where the clock was set back", async () => {
  const [, { durationMs }] = await recovered(
    () => false,
    (recording) => Deno.utimeSync(recording, new Date(0), new Date("2020-01-01T00:00:00.000Z")),
  );
  assert.equal(durationMs, 0);
});

Deno.test("recoverFolder keeps the final sidecar of a session that ends while it looks", async () => {
  const [recoveries, sidecar] = await recovered((recording) => {
    finishSidecar(recording, FINAL);
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

Deno.test("recoverFolder leaves a recording alone where it cannot know whether it runs, and says so", async () => {
  const [[recovery], { state }] = await recovered(() => {
    throw new Error("no locks here");
  });
  assert.equal(recovery?.outcome, "failed");
  assert.match(recovery?.text ?? "", /cannot know whether it is still being recorded \(no locks here\)/);
  assert.equal(state as string, "recording");
});

Deno.test("recoverFolder goes on behind a sidecar that it cannot finish", async () => {
  using folder = new TemporaryFolder();
  for (const name of ["a.ts", "b.ts"]) {
    Deno.writeTextFileSync(folder.file(name), "data");
    await beginSidecar(folder.file(name), START, null);
  }
  const outcomes: string[] = [];
  recoverFolder(folder.path, {
    isLocked: (path) => {
      if (path.endsWith("a.ts")) throw new Error("no locks here");
      return false;
    },
    onRecovery: ({ outcome }) => outcomes.push(outcome),
  });
  assert.deepEqual(outcomes, ["failed", "recovered"]);
});
