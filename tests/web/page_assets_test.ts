import { ok, rejects, strictEqual } from "node:assert/strict";
import { isPageAsset, PageAssets } from "../../mod/web/page_assets.ts";

Deno.test("PageAssets returns the same bytes to all requests", async () => {
  const assets = new PageAssets(false);
  const [first, second] = await Promise.all([assets.get("/page.js"), assets.get("/page.js")]);
  ok(first.bytes.length > 100_000);
  strictEqual(first.bytes, second.bytes);
});

Deno.test("PageAssets rejects a path that is not a file of the page", async () => {
  strictEqual(isPageAsset("/toString"), false);
  await rejects(new PageAssets(false).get("/toString"), TypeError);
});
