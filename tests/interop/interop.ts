/**
 * The interoperability matrix: other SRT programs call `listen`, and `send` calls other listeners, in each case of
 * `caller_cases.ts` and `listener_cases.ts`. Programs that are missing are installed or built. Without arguments, the results
 * are written to results.json and into the manual. If SRT_SPLITTER names an executable, it is tried in place of the source.
 *
 * Usage: `deno task interop [PROGRAM...]`
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { SELF } from "../../mod/handoff/child_command.ts";
import { messageOf } from "../../mod/report/problem.ts";
import { Splitter } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { CALLER_CASES } from "./caller_cases.ts";
import { CALLERS } from "./callers.ts";
import { NotTriedError } from "./install.ts";
import { LISTENER_CASES } from "./listener_cases.ts";
import { LISTENERS } from "./listeners.ts";
import { makeMaterials, type Materials } from "./materials.ts";
import type { Cell } from "./recorded.ts";
import type { Results, Row } from "./results.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A program of the matrix. */
interface Program {
  readonly name: string;
  readonly install: () => Promise<string>;
  readonly fault?: string;
  readonly note?: string;
}

/** A column: runs a program once. */
type Case<P extends Program> = (program: P, materials: Materials) => Promise<Cell>;

/** Runs the programs of one table. `failed` is called for each cell that is not right, unless the program has a known fault. */
async function rowsOf<P extends Program>(
  programs: readonly P[],
  { cases, materials, failed }: {
    readonly cases: Readonly<Record<string, Case<P>>>;
    readonly materials: Materials;
    readonly failed: () => void;
  },
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const program of programs) {
    console.log(program.name);
    const { name } = program;
    const installed = await program.install().catch((error) => {
      if (!(error instanceof NotTriedError)) throw error;
      return error;
    });
    if (installed instanceof NotTriedError) {
      console.log(`  not tried: ${installed.message}`);
      rows.push({ name, version: null, srtVersion: null, note: installed.message, cells: {}, printed: {} });
      continue;
    }
    const cells: [string, Cell][] = [];
    for (const [column, run] of Object.entries(cases)) {
      const cell = await run(program, materials).catch(failedCell);
      const isWrong = !cell.right && program.fault === undefined;
      if (isWrong) failed();
      console.log(
        `  ${column}: ${cell.text}${cell.printed === null ? "" : ` (${cell.printed})`}${isWrong ? "   WRONG" : ""}`,
      );
      cells.push([column, cell]);
    }
    rows.push({
      name,
      version: installed,
      srtVersion: cells.map(([, { srtVersion }]) => srtVersion ?? null).find((version) => version !== null) ?? null,
      note: program.fault ?? program.note ?? null,
      cells: Object.fromEntries(cells.map(([column, { text }]) => [column, text])),
      printed: Object.fromEntries(
        cells.flatMap(([column, { printed }]) => printed === null ? [] : [[column, printed]]),
      ),
    });
  }
  return rows;
}

function failedCell(error: unknown): Cell {
  return { text: `failed: ${messageOf(error).split("\n")[0]}`, right: false, printed: null };
}

async function versions(): Promise<Pick<Results, "version" | "libsrt">> {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const { version, libsrt } = await splitter.event("listening");
  return { version, libsrt: libsrt.version };
}

function chosen<P extends Program>(programs: readonly P[]): readonly P[] {
  return programs.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name));
}

if (import.meta.main) {
  using folder = new TemporaryFolder();
  const materials = await makeMaterials(folder);
  const failed = () => {
    Deno.exitCode = 1;
  };
  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    ...(await versions()),
    callers: await rowsOf(chosen(CALLERS), { cases: CALLER_CASES, materials, failed }),
    listeners: await rowsOf(chosen(LISTENERS), { cases: LISTENER_CASES, materials, failed }),
  };
  if (Deno.args.length === 0) {
    Deno.writeTextFileSync(`${ROOT}tests/interop/results.json`, `${JSON.stringify(results, null, 2)}\n`);
    await new Deno.Command(SELF, { args: ["task", "-q", "manual"], cwd: ROOT, stdin: "null" }).spawn().status;
  }
}
