import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { ReportFiles } from "../../mod/run/report_files.ts";
import { LISTENING } from "../report/events_of_a_run.ts";

const PATHS = { junit: null, summary: null };

/** Writes the file of `--ready-file` into a folder. Returns its path. */
function writeReady(folder: string): string {
  const readyFile = join(folder, "ready.json");
  const files = ReportFiles.prepare({ ...PATHS, readyFile }, (text) => {
    throw new Error(text);
  });
  files.writeReady(LISTENING);
  return readyFile;
}

Deno.test("ReportFiles does not overwrite a file with the name of its temporary file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const other = join(folder, `.ready.json.${Deno.pid}`);
    await Deno.writeTextFile(other, "of another program");
    deepStrictEqual(JSON.parse(await Deno.readTextFile(writeReady(folder))), LISTENING);
    strictEqual(await Deno.readTextFile(other), "of another program");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("ReportFiles does not follow a link with the name of its temporary file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const target = join(folder, "target");
    await Deno.symlink(target, join(folder, `.ready.json.${Deno.pid}`));
    writeReady(folder);
    const names = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).toSorted();
    deepStrictEqual(names, [`.ready.json.${Deno.pid}`, "ready.json"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
