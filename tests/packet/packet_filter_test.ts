/** Tests of mod/packet/packet_filter.ts. The results are those of libsrt. */
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
    ["fec", /^it has no cols$/],
    ["fec,cols:1", /^cols is "1"/],
    ["fec,cols:ten", /^cols is "ten"/],
    ["fec,cols:10,rows:0", /^rows is "0"/],
    ["fec,cols:10,rows:-1", /^rows is "-1"/],
    ["fec,cols:10,layout:odd", /^layout is "odd"/],
    ["fec,cols:10,arq:maybe", /^arq is "maybe"/],
    ["fec,cols:10,depth:3", /^there is no parameter "depth"/],
    ["fec,cols", /^"cols" is not NAME:VALUE$/],
    ["fec,cols:10:20", /^"cols:10:20" is not NAME:VALUE$/],
    ["fec,cols:128,rows:2", /^cols is 128, and can be at most 127$/],
    ["fec,cols:100,rows:100", /^its matrix of 100 times 100 packets is too large/],
    ["fec,cols:1000000000", /too large|cols is/],
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
    ["fec,cols:10", "fec,cols:20", /^cols is 10, and 20 on the listener$/],
    ["fec,cols:10,arq:never", "fec,cols:10,arq:onreq", /^arq is never, and onreq on the listener$/],
    ["fec", null, /^it has no cols$/],
    ["fec,rows:2", "fec,arq:never", /^it has no cols$/],
    ["xor", "fec,cols:10", /^there is no packet filter "xor", only fec$/],
    ["fec,cols:100", "fec,rows:100", /too large/],
  ] as const
) {
  Deno.test(`${callers} of a caller does not fit ${own ?? "a listener without a filter"}`, () => {
    match(filterMismatch(callers, own) ?? "fits", problem);
  });
}
