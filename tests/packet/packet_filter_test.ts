/** Tests of mod/packet/packet_filter.ts. The results are those of libsrt, which does not limit the size of a matrix, however. */
import { match, strictEqual } from "node:assert/strict";
import { filterMismatch, filterProblem } from "../../mod/packet/packet_filter.ts";

for (
  const config of [
    "fec,cols:10",
    "fec,cols:10,rows:5",
    "fec,cols:10,rows:-5",
    "fec,cols:127,rows:32,layout:even,arq:never",
    "fec,cols:200,rows:1",
    "fec,rows:5,cols:10,arq:always,layout:staircase",
    "fec,cols:2,rows:",
  ]
) {
  Deno.test(`${config} is a complete configuration`, () =>
    strictEqual(filterProblem(config, { complete: true }), null));
}

for (
  const [config, problem] of [
    ["", /^there is no packet filter ""/],
    ["xor,cols:10", /^there is no packet filter "xor"/],
    ["FEC,cols:10", /^there is no packet filter "FEC"/],
    ["fec", /^cols is missing$/],
    ["fec,cols:1", /^cols must be .*, not "1"$/],
    ["fec,cols:ten", /^cols must be .*, not "ten"$/],
    ["fec,cols:10,rows:0", /^rows must be .*, not "0"$/],
    ["fec,cols:10,rows:-1", /^rows must be .*, not "-1"$/],
    ["fec,cols:10,layout:odd", /^layout must be .*, not "odd"$/],
    ["fec,cols:10,arq:maybe", /^arq must be .*, not "maybe"$/],
    ["fec,cols:10,depth:3", /^there is no parameter "depth"/],
    ["fec,cols", /^"cols" is not NAME:VALUE$/],
    ["fec,cols:10:20", /^"cols:10:20" is not NAME:VALUE$/],
    ["fec,cols:128,rows:2", /^cols must be at most 127, not 128$/],
    ["fec,cols:100,rows:100", /^its matrix of 100 times 100 packets is too large/],
    ["fec,cols:1000000000", /too large|cols must be/],
    [`fec,cols:10,${"rows:5,".repeat(10)}`, /^it has more than 64 bytes$/],
  ] as const
) {
  Deno.test(`${JSON.stringify(config)} is refused`, () => {
    match(filterProblem(config, { complete: true }) ?? "no problem", problem);
  });
}

Deno.test("the configuration of one side may leave cols to the other", () => {
  strictEqual(filterProblem("fec,rows:5", { complete: false }), null);
});

for (
  const [callers, own] of [
    ["fec,cols:10,rows:5", null],
    ["fec,cols:10,rows:5", "fec,cols:10,rows:5"],
    ["fec,cols:10", "fec,rows:5"],
    ["fec", "fec,cols:10"],
    ["fec,arq:onreq", "fec,cols:10"],
  ] as const
) {
  Deno.test(`${callers} of a caller fits ${own ?? "a listener without a filter"}`, () => {
    strictEqual(filterMismatch(callers, own), null);
  });
}

for (
  const [callers, own, problem] of [
    ["fec,cols:10", "fec,cols:20", /^cols is 10 in the caller and 20 in the listener$/],
    ["fec,cols:10,arq:never", "fec,cols:10,arq:onreq", /^arq is never in the caller and onreq in the listener$/],
    ["fec", null, /^cols is missing$/],
    ["fec,rows:2", "fec,arq:never", /^cols is missing$/],
    ["xor", "fec,cols:10", /^there is no packet filter "xor", only fec$/],
    ["fec,cols:100", "fec,rows:100", /too large/],
  ] as const
) {
  Deno.test(`${callers} of a caller does not fit ${own ?? "a listener without a filter"}`, () => {
    match(filterMismatch(callers, own) ?? "fits", problem);
  });
}
