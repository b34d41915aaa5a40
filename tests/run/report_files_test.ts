import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ReportFiles } from "../../mod/run/report_files.ts";
import { LISTENING } from "../report/events_of_a_run.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const PATHS = { junit: null, summary: null };

/** Writes the file of `--ready-file` into a folder. Returns its path. */
function writeReady(folder: TemporaryFolder): string {
  const readyFile = folder.file("ready.json");
  const files = ReportFiles.prepare({ ...PATHS, readyFile }, (text) => {
    throw new Error(text);
  });
  files.writeReady(LISTENING);
  return readyFile;
}

Deno.test("ReportFiles does not overwrite a file with the name of its temporary file", () => {
  using folder = new TemporaryFolder();
  const other = folder.file(`.ready.json.${Deno.pid}`);
  Deno.writeTextFileSync(other, "of another program");
  deepStrictEqual(JSON.parse(Deno.readTextFileSync(writeReady(folder))), LISTENING);
  strictEqual(Deno.readTextFileSync(other), "of another program");
});

Deno.test("ReportFiles does not follow a link with the name of its temporary file", () => {
  using folder = new TemporaryFolder();
  Deno.symlinkSync(folder.file("target"), folder.file(`.ready.json.${Deno.pid}`));
  writeReady(folder);
  deepStrictEqual(folder.names(), [`.ready.json.${Deno.pid}`, "ready.json"]);
});
