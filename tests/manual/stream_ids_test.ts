/** Tests that the program agrees with each row of the table of stream IDs in the manual. */

import assert from "node:assert/strict";
import { judgeRequest } from "../../mod/admission/judge_request.ts";
import { parseStreamId } from "../../mod/packet/stream_id.ts";
import { conclusionOf } from "../admission/conclusion_of.ts";
import { policyOf } from "../admission/policy_of.ts";
import { CONCLUSION_PLAIN } from "../fixtures/handshakes.ts";

const PAGE = new URL("../../mod/manual/stream-ids.md", import.meta.url);

/** Each row: its stream IDs, its name and its verdict. An ID or a name is in backticks, or is `none`. */
const ROWS = Array.from(
  Deno.readTextFileSync(PAGE).matchAll(/^\| (`.+?`(?:, `.+?`)*|none) +\| (`.+?`|none) +\| (recorded|\d+) +\|/gm),
  ([, ids = "", name = "", verdict = ""]) => ({ ids: ids.split(", `").map(textOf), name: textOf(name), verdict }),
);

/** The text in a cell, or null for `none`. */
function textOf(cell: string): string | null {
  return cell === "none" ? null : cell.replaceAll("`", "");
}

Deno.test("the table of stream IDs has rows for each verdict", () => {
  assert.ok(ROWS.length >= 25, `${ROWS.length} rows`);
  assert.deepStrictEqual(new Set(ROWS.map(({ verdict }) => verdict)), new Set(["recorded", "1400", "1405", "1415"]));
});

for (const { ids, name, verdict } of ROWS) {
  for (const id of ids) {
    Deno.test(`the stream ID ${id ?? "none"} has the name and the verdict of the manual`, () => {
      const streamId = parseStreamId(id);
      const facts = {
        conclusion: conclusionOf(CONCLUSION_PLAIN),
        streamId,
        address: "192.0.2.7",
        port: 5000,
      };
      const judged = judgeRequest(facts, policyOf(), { sessions: [], stopping: false });
      assert.deepStrictEqual(
        [streamId.name, judged.kind === "reject" ? `${judged.reason}` : judged.kind],
        [name, verdict === "recorded" ? "admit" : verdict],
      );
    });
  }
}
