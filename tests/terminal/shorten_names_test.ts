/** Tests of mod/terminal/shorten_names.ts. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import stringWidth from "string-width";
import { shortenEndpoint, shortenMiddle, shortenNames } from "../../mod/terminal/shorten_names.ts";

for (
  const [text, width, expected] of [
    ["cam1", 4, "cam1"],
    ["north-camera-1", 11, "north…era-1"],
    ["studio", 2, "s…"],
    ["studio", 1, "…"],
    ["studio", 0, ""],
    ["日本語の放送局", 9, "日本…送局"],
  ] as const
) {
  Deno.test(`shortenMiddle shortens ${text} to ${width} columns`, () => {
    strictEqual(shortenMiddle(text, width), expected);
  });
}

for (
  const [what, names] of [
    ["at the end", Array.from({ length: 24 }, (_, index) => `outside-broadcast-van-camera-${index + 1}`)],
    ["at the start", Array.from({ length: 24 }, (_, index) => `camera-${index + 1}-of-the-outside-broadcast-van`)],
    ["in the middle", Array.from({ length: 24 }, (_, index) => `broadcast-van-${index + 10}-main-camera`)],
    ["far in the middle", Array.from({ length: 24 }, (_, index) => `${"a".repeat(40)}${index + 10}${"b".repeat(40)}`)],
    [
      "between wide characters",
      Array.from({ length: 9 }, (_, index) => `日本語の放送局第${index + 1}スタジオのカメラ`),
    ],
  ] as const
) {
  Deno.test(`shortenNames keeps names apart that differ ${what}`, () => {
    const short = shortenNames(names, 16);
    strictEqual(new Set(short).size, names.length, short.join(" "));
    ok(short.every((name) => stringWidth(name) <= 16), short.join(" "));
  });
}

Deno.test("shortenNames shortens a name that occurs twice to the same text", () => {
  deepStrictEqual(shortenNames(["cam1-of-the-main", "cam1-of-the-main", "b"], 9), ["cam1…main", "cam1…main", "b"]);
});

Deno.test("shortenEndpoint removes the port if there is no room for it", () => {
  deepStrictEqual(
    [shortenEndpoint("192.0.2.7:9000", 14), shortenEndpoint("192.0.2.7:9000", 13), shortenEndpoint("[::1]:9000", 9)],
    ["192.0.2.7:9000", "192.0.2.7", "[::1]"],
  );
});
