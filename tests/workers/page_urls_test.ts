import { deepStrictEqual } from "node:assert/strict";
import { parseWebAddress } from "../../mod/cli/web_option.ts";
import { pageUrls } from "../../workers/page_urls.ts";

const INTERFACES = [
  { family: "IPv4", address: "127.0.0.1" },
  { family: "IPv6", address: "::1" },
  { family: "IPv4", address: "192.0.2.7" },
  { family: "IPv6", address: "fe80::7" },
] as const;

for (
  const [address, urls] of [
    ["127.0.0.1:9080", ["http://127.0.0.1:9080/"]],
    ["[::1]:80", ["http://[::1]:80/"]],
    [":9080", ["http://192.0.2.7:9080/", "http://127.0.0.1:9080/", "http://[::1]:9080/"]],
    ["0.0.0.0:9080", ["http://192.0.2.7:9080/", "http://127.0.0.1:9080/"]],
    ["127.0.0.1:0", []],
  ] as const
) {
  Deno.test(`pageUrls lists the URLs of the page on ${address}`, () => {
    deepStrictEqual(pageUrls(parseWebAddress(address), INTERFACES), urls);
  });
}
