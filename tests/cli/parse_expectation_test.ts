import assert from "node:assert/strict";

import { parseExpectation } from "../../mod/cli/parse_expectation.ts";
import { valueErrorOf } from "./thrown_by.ts";

const VALUES: readonly (readonly [string, string, number | string])[] = [
  ["bytes>=10MB", ">=", 10_000_000],
  ["bytes>10MiB", ">", 10_485_760],
  ["bytes = 188", "=", 188],
  ["rate>=4Mbps", ">=", 4_000_000],
  ["rate<2.5Mbit/s", "<", 2_500_000],
  ["duration>=30s", ">=", 30_000],
  ["duration!=1.5min", "!=", 90_000],
  ["sessions==2", "=", 2],
  ["Loss<=3", "<=", 3],
  ["stream=cam 1", "=", "cam 1"],
  ["stream!=a>=b", "!=", "a>=b"],
];

for (const [text, operator, value] of VALUES) {
  Deno.test(`parseExpectation reads ${text}`, () => {
    const expectation = parseExpectation(text);
    assert.deepStrictEqual([expectation.text, expectation.operator, expectation.value], [text, operator, value]);
  });
}

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["", /it is not a condition/],
  ["sessions", /it is not a condition/],
  ["byte>=1", /there is no quantity "byte"/],
  ["constructor=1", /there is no quantity "constructor"/],
  ["sessions=two", /a whole number, such as 2/],
  ["sessions=-1", /a whole number, such as 2/],
  ["bytes>=10 parsecs", /it needs a size, such as 10MB/],
  ["rate>=4", /a rate with its unit/],
  ["duration>=30", /a time with its unit/],
  ["stream>=cam1", /compared with = or !=/],
  ["stream=", /the name of a stream/],
];

for (const [text, message] of REFUSED) {
  Deno.test(`parseExpectation refuses ${JSON.stringify(text)}`, () => {
    assert.match(valueErrorOf(() => parseExpectation(text)).message, message);
  });
}
