/** Tests of mod/session/sidecar.ts and mod/recording/sidecar_file.ts where the sidecar cannot be written. */
import assert from "node:assert/strict";
import { openSidecar } from "../../mod/session/sidecar.ts";
import type { Watch } from "../../mod/session/watch.ts";
import { ticketOf } from "../handoff/ticket_of.ts";
import { temporaryFolder } from "../recording/temporary_folder.ts";
import { END, START } from "../report/events_of_a_run.ts";

const NO_WATCH: Watch = {
  taps: [],
  losses: null,
  noise: null,
  health: () => null,
  foreignFormat: () => null,
  checksum: () => null,
};

/** A recording in `folder` whose sidecar is begun, and what was warned of. */
function begin(folder: string) {
  const file = `${folder}/cam1.ts`;
  const warnings: string[] = [];
  const sink = { kind: "file", directory: folder, name: "cam1", utc: true, sidecar: true, checksum: null } as const;
  Deno.writeTextFileSync(file, "payload");
  const sidecar = openSidecar({ ...START, file }, ticketOf({ sink }), (text) => warnings.push(text));
  return { file, warnings, sidecar };
}

/** Nothing can be given the name of a folder with something in it, by root neither. */
function occupy(path: string): void {
  Deno.mkdirSync(`${path}/occupied`, { recursive: true });
}

Deno.test("a sidecar that cannot be begun is said to be missing while the recording goes on", () => {
  using folder = temporaryFolder();
  occupy(`${folder.path}/cam1.ts.json`);
  const { warnings } = begin(folder.path);
  assert.match(
    warnings.join("\n"),
    /^Cannot write .*cam1\.ts\.json: .*; the recording goes on without it, and its end tries/,
  );
  assert.deepStrictEqual(folder.names(), ["cam1.ts", "cam1.ts.json"]);
});

Deno.test("a sidecar whose room cannot be had leaves nothing behind", () => {
  using folder = temporaryFolder();
  occupy(`${folder.path}/cam1.ts.json.part`);
  const { warnings } = begin(folder.path);
  assert.match(warnings.join("\n"), /^Cannot write .*; the recording goes on without it/);
  assert.deepStrictEqual(folder.names(), ["cam1.ts", "cam1.ts.json.part"]);
});

Deno.test("a sidecar that cannot be finished is said to need recover, and its .part is removed", () => {
  using folder = temporaryFolder();
  const { file, warnings, sidecar } = begin(folder.path);
  Deno.removeSync(`${file}.json`);
  occupy(`${file}.json`);
  sidecar.finish({ ...END, file }, NO_WATCH);
  const recover = `srt-splitter recover ${folder.path} finishes it as soon as that is possible`;
  assert.match(warnings.join("\n"), /^Cannot finish .*cam1\.ts\.json: /);
  assert.ok(warnings[0]?.endsWith(`; the recording is not touched by this; ${recover}`), warnings[0]);
  assert.deepStrictEqual(folder.names(), ["cam1.ts", "cam1.ts.json"]);
});

Deno.test("a .part that cannot be removed is named", () => {
  using folder = temporaryFolder();
  const { file, warnings, sidecar } = begin(folder.path);
  const { removeSync, renameSync } = Deno;
  const deny = () => {
    throw new Deno.errors.PermissionDenied("Permission denied (os error 13)"); // a read-only folder; root may write to all
  };
  Object.assign(Deno, { removeSync: deny, renameSync: deny });
  try {
    sidecar.finish({ ...END, file }, NO_WATCH);
  } finally {
    Object.assign(Deno, { removeSync, renameSync });
  }
  assert.match(warnings.join("\n"), /: Permission denied \(os error 13\); .*cam1\.ts\.json\.part is left over; /);
});

Deno.test("the sidecar of a recording that is not there goes with it, also where half of it went before", () => {
  using folder = temporaryFolder();
  const { file, warnings, sidecar } = begin(folder.path);
  Deno.removeSync(`${file}.json.part`);
  Deno.removeSync(file);
  sidecar.finish({ ...END, file: null }, NO_WATCH);
  assert.deepStrictEqual([warnings, folder.names()], [[], []]);
});
