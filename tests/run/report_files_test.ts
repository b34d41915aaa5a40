import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { ReportFileError, ReportFiles } from "../../mod/run/report_files.ts";
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

Deno.test("ReportFiles keeps the files of an earlier run if one of its files cannot be written", () => {
  using folder = new TemporaryFolder();
  const [junit, summary] = [folder.file("junit.xml"), folder.file("none/summary.json")];
  Deno.writeTextFileSync(junit, "earlier");
  throws(() => ReportFiles.prepare({ junit, summary, readyFile: null }, () => {}), ReportFileError);
  strictEqual(Deno.readTextFileSync(junit), "earlier");
});

Deno.test("ReportFiles removes the files of an earlier run", () => {
  using folder = new TemporaryFolder();
  const junit = folder.file("junit.xml");
  Deno.writeTextFileSync(junit, "earlier");
  ReportFiles.prepare({ ...PATHS, junit, readyFile: null }, () => {});
  deepStrictEqual(folder.names(), []);
});
