/** Callers of other projects: what is recorded, which reason they get if refused, and how their sessions end. */

import assert from "node:assert/strict";
import { CALLER_CASES } from "../interop/caller_cases.ts";
import { CALLERS } from "../interop/callers.ts";
import { makeMaterials } from "../interop/materials.ts";
import type { Cell } from "../interop/recorded.ts";
import { attempt, needing, once } from "../support/needs.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const SRTSINK = once(() => attempt("GStreamer has no srtsink", "gst-inspect-1.0", "srtsink"));

const TRIES = 4;

/** Columns of the interoperability matrix that run at the same time. */
const SCENES = [
  { what: "is recorded byte for byte", columns: { plain: "exact", passphrase: "exact", "UTF-8 name": "exact" } },
  { what: "gets the reason for its refusal", columns: { "wrong passphrase": "10", "no passphrase": "11" } },
  {
    what: "has sessions that end with the right reason",
    columns: { "caller ends": "caller-closed", "caller killed": "silence", "listener stops": "stopped" },
  },
];

/**
 * Runs a case, and repeats it if packets were dropped, or if the caller closed before it sent payload. Both happen on a busy
 * machine: packets arrive later than the latency, and srtsink gives up a connection now and then.
 */
async function undisturbedCell(run: () => Promise<Cell> | undefined): Promise<Cell | undefined> {
  for (let tries = 1;; tries += 1) {
    const cell = await run();
    if (tries === TRIES || !/packets dropped|no payload/.test(cell?.text ?? "")) return cell;
  }
}

for (const [name, needs] of [["ffmpeg", []], ["srt-live-transmit", []], ["GStreamer srtsink", [SRTSINK]]] as const) {
  for (const { what, columns } of SCENES) {
    Deno.test({
      ...needing(needs, `${name} ${what}`),
      async fn() {
        using folder = new TemporaryFolder();
        const materials = await makeMaterials(folder);
        const caller = CALLERS.find((caller) => caller.name === name);
        const texts = await Promise.all(
          Object.keys(columns).map(async (column) => {
            const cell = caller && await undisturbedCell(() => CALLER_CASES[column]?.(caller, materials));
            // the text is "exact, but ..." if the caller closed before it had sent its last bytes
            return [column, cell?.text.split(",")[0], cell?.right || cell?.text];
          }),
        );
        assert.deepStrictEqual(texts, Object.entries(columns).map(([column, text]) => [column, text, true]));
      },
    });
  }
}
