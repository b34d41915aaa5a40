/** The page of the web process in a real browser: trouble, orders, hostile names, a phone, and what happens without a server. */

/// <reference lib="dom" />

import assert from "node:assert/strict";
import { CHROMIUM } from "../support/browser.ts";
import { needing } from "../support/needs.ts";
import { openScene, tileOf, untilPlaying } from "../support/page_scene.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { CallerRefusedError, SrtCaller } from "../support/srt_caller.ts";
import { SOURCE_PACE, sourceAddress, SrtSource } from "../support/srt_source.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

Deno.test({
  ...needing([CHROMIUM], "a session whose payload stops turns red and moves to the front"),
  fn: async () => {
    await using scene = await openScene();
    const { page, splitter } = scene;
    scene.call("cam1");
    await untilPlaying(scene, "cam1");
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam2" });
    await caller.send(makePayload(10));
    await page.waitForSelector(
      ".tile.trouble:first-child:has(h2:text-is('cam2')) .state:text-matches('^NO DATA \\\\d+ s$')",
    );
    assert.strictEqual(await page.locator(".tile.trouble").count(), 1);
    assert.match(await page.title(), /^\(1\) /);
    await caller.send(makePayload(10));
    await page.waitForFunction(() => document.querySelectorAll(".tile.trouble").length === 0);
    assert.deepStrictEqual(scene.errors, []);
  },
});

Deno.test({
  ...needing([CHROMIUM], "a session that was cut off stays in front, and is red, until it is cleared"),
  fn: async () => {
    await using scene = await openScene();
    scene.call("cam1");
    await scene.page.waitForSelector(tileOf("cam1"));
    const second = scene.call("cam2");
    await untilPlaying(scene, "cam2");
    second.stall();
    await scene.page.waitForSelector(
      ".tile.trouble:first-child:has(h2:text-is('cam2')) .state:text-matches('^LOST [0-9:]{8}, silence$')",
    );
    assert.strictEqual(await scene.page.locator(".tile.trouble").count(), 1);
    const buttons = scene.page.locator(`${tileOf("cam2")} footer button`);
    assert.deepStrictEqual(await buttons.allTextContents(), ["Clear"]);
    await buttons.click();
    await scene.page.click("#dialog [type=submit]");
    await scene.page.waitForSelector("#status:text-is('cam2 is cleared')");
    await scene.page.waitForSelector(tileOf("cam2"), { state: "detached" });
    assert.deepStrictEqual((await scene.web.json("/api/state")).lost, []);
    await scene.web.json("/api/lost/s2", { method: "DELETE", status: 404 });
    assert.deepStrictEqual(scene.errors, []);
  },
});

Deno.test({
  ...needing([CHROMIUM], "the page stops a session only after the confirmation, and shows the result"),
  fn: async () => {
    await using scene = await openScene();
    const { page, splitter } = scene;
    scene.call("cam1");
    await untilPlaying(scene, "cam1");
    await page.click(`${tileOf("cam1")} .stop`);
    await page.click("#dialog [value=cancel]");
    await page.waitForSelector("#dialog", { state: "hidden" });
    await page.click(`${tileOf("cam1")} .stop`);
    assert.strictEqual(await page.textContent("#dialog h2"), "Stop cam1?");
    assert.deepStrictEqual(splitter.events.filter(({ event }) => event === "session-end"), []);
    await page.click("#dialog [type=submit]");
    const { reason, file } = await splitter.event("session-end");
    assert.strictEqual(reason, "stopped");
    await page.waitForSelector("#status:text-matches('^cam1 was stopped: ')");
    assert.ok((await page.textContent("#status"))?.endsWith(file?.split("/").at(-1) ?? "-"));
    await page.waitForSelector(tileOf("cam1"), { state: "detached" });
    assert.deepStrictEqual(scene.errors, []);
  },
});

Deno.test({
  ...needing([CHROMIUM], "the page cuts a session, bans its stream name, and lifts the ban"),
  fn: async () => {
    await using scene = await openScene();
    const { page, splitter } = scene;
    scene.call("cam1");
    await untilPlaying(scene, "cam1");
    await page.click(`${tileOf("cam1")} .cut`);
    await page.click("#dialog [type=submit]");
    await page.waitForSelector("#status:text-matches('^cam1 continues in ')");
    await splitter.event("segment", ({ previous }) => previous !== null);
    await page.click(`${tileOf("cam1")} .ban`);
    await page.selectOption("#dialog select", { label: "1 hour" });
    await page.click("#dialog [type=submit]");
    await page.waitForSelector("#status:text-is('cam1 is banned for 1 h 00 min; 1 session ended')");
    await splitter.event("session-end");
    await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam1" }), { rejectReason: 1403 });
    await page.waitForSelector("#refused li:has-text('cam1 from 127.0.0.1'):has-text('(SRT reason 1403)') .hint");
    await page.click("#bans button");
    await page.click("#dialog [type=submit]");
    await page.waitForSelector("#status:text-is('the ban of cam1 is lifted')");
    await page.waitForSelector("#bans", { state: "hidden" });
    await using _again = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    assert.deepStrictEqual(scene.errors, []);
  },
});

Deno.test({
  ...needing([CHROMIUM], "the page shows why an order was not carried out"),
  fn: async () => {
    await using scene = await openScene();
    const { page, splitter } = scene;
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    await caller.send(makePayload(10));
    await page.click(`${tileOf("cam1")} .stop`);
    caller.close();
    await splitter.event("session-end");
    await page.click("#dialog [type=submit]");
    await page.waitForSelector("#dialog .problem:text-matches('no running session has the ID')");
    await page.click("#dialog [value=cancel]");
  },
});

Deno.test({
  ...needing([CHROMIUM], "a dialog of the page shows an error of the page itself"),
  fn: async () => {
    await using scene = await openScene();
    const { page, splitter } = scene;
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    await caller.send(makePayload(10));
    await page.click(`${tileOf("cam1")} .ban`);
    await page.click("#dialog [type=submit]");
    await page.click("#bans button");
    await page.evaluate(() => {
      globalThis.encodeURIComponent = () => {
        throw new URIError("URI malformed");
      };
    });
    await page.click("#dialog [type=submit]");
    await page.waitForSelector("#dialog .problem:text-is('the page has failed: URI malformed')");
  },
});

Deno.test({
  ...needing([CHROMIUM], "stream names of attackers are shown as text by the page"),
  fn: async () => {
    await using scene = await openScene({ listen: ["--deny", "*denied*"] });
    const { page, splitter } = scene;
    const names = [
      `<img src=x onerror="window.broken=1">`,
      `"><svg onload=window.broken=1>`,
      `' onmouseover='window.broken=1`,
      "javascript:window.broken=1",
      "</script><script>window.broken=1</script>",
    ];
    await using stack = new AsyncDisposableStack();
    for (const streamId of names) {
      const caller = stack.use(await SrtCaller.connect({ port: splitter.port, streamId }));
      await caller.send(makePayload(10));
      const refused = SrtCaller.connect({ port: splitter.port, streamId: `denied${streamId}` });
      await assert.rejects(refused, CallerRefusedError);
    }
    const startsOf = () => splitter.events.filter((event) => event.event === "session-start");
    await waitUntil("all sessions", () => startsOf().length === names.length);
    const expected = startsOf().map(({ stream }) => stream ?? "");
    await page.waitForFunction((count) => document.querySelectorAll(".tile").length === count, names.length);
    await page.waitForFunction((count) => document.querySelectorAll("#refused li").length === count, names.length);
    const shown = await page.locator(".tile h2").allTextContents();
    assert.deepStrictEqual(shown.toSorted(), expected.toSorted());
    await page.click(".tile:first-child .ban");
    const found = await page.evaluate(() => ({
      broken: "broken" in window,
      foreign: document.querySelectorAll("img[src='x'], svg[onload], [onmouseover], [onerror], main script").length,
    }));
    assert.deepStrictEqual(found, { broken: false, foreign: 0 });
    assert.deepStrictEqual(scene.errors, []);
  },
});

Deno.test({
  ...needing([CHROMIUM], "the page is usable at 360 px"),
  fn: async () => {
    const listen = ["--expect-streams", "a-name-that-is-much-longer-than-the-width-of-a-phone-and-has-no-blank"];
    await using scene = await openScene({ listen, width: 360, height: 740 });
    const { page, splitter } = scene;
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "camera".repeat(30) });
    await caller.send(makePayload(100));
    await page.waitForSelector(".tile .stop");
    const hidden = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
    assert.strictEqual(hidden, 0);
    await page.click(".tile .ban");
    const box = await (await page.waitForSelector("#dialog")).boundingBox();
    assert.ok(box !== null && box.x >= 0 && box.x + box.width <= 360, JSON.stringify(box));
    const outside = await page.locator("button:visible").evaluateAll((buttons) =>
      buttons.filter((button) => button.getBoundingClientRect().right > innerWidth).length
    );
    assert.strictEqual(outside, 0);
  },
});

Deno.test({
  ...needing([CHROMIUM], "the page reports that the web process is gone, and continues when it is there again"),
  fn: async () => {
    await using scene = await openScene();
    const { page, splitter, web } = scene;
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    await caller.send(makePayload(10));
    await page.waitForSelector(tileOf("cam1"));
    assert.strictEqual(await page.isVisible("#banner"), false);
    Deno.kill(web.pid, "SIGKILL");
    await page.waitForSelector("#banner:visible:text-matches('^the web process does not answer')");
    await web.ended();
    const { host } = new URL(web.url);
    await using _again = Splitter.start(["web", host, "--listener", `127.0.0.1:${splitter.port}`]);
    await page.waitForSelector("#banner", { state: "hidden" });
    await page.waitForSelector(`body:not(.stale) ${tileOf("cam1")}`);
  },
});

Deno.test({
  ...needing([CHROMIUM], "the page draws rates also if the clock of the browser is wrong"),
  fn: async () => {
    await using scene = await openScene();
    const { page } = scene;
    await page.evaluate(() => {
      Date.now = () => 0;
    });
    scene.call("cam1");
    await page.waitForFunction(() => {
      const path = document.querySelector(".graph .line")?.getAttribute("d") ?? "";
      const [, first, last] = /^M([0-9.]+) .*L([0-9.]+) /.exec(path) ?? [];
      return first !== undefined && last !== undefined && Number(first) < Number(last); // not all at the right
    });
    assert.deepStrictEqual(scene.errors, []);
  },
});

Deno.test({
  ...needing([CHROMIUM], "the page offers no ban of a pulled session, and a ban of its name reports that it continues"),
  fn: async () => {
    using folder = new TemporaryFolder();
    using source = SrtSource.listen();
    const config = folder.file("splitter.toml");
    Deno.writeTextFileSync(config, `[[pull]]\nurl = "${sourceAddress(source.port)}"\nname = "feed"\n`);
    await using scene = await openScene({ listen: ["--config", config] });
    const { page, web } = scene;
    await using connection = await source.accept();
    await connection.send(makePayload(100), SOURCE_PACE);
    scene.call("cam1");
    const buttons = async (name: string) => {
      await page.waitForSelector(`${tileOf(name)} footer`);
      return await page.locator(`${tileOf(name)} footer button`).allTextContents();
    };
    assert.deepStrictEqual([await buttons("cam1"), await buttons("feed")], [["Cut", "Stop", "Ban"], ["Cut", "Stop"]]);
    const { sessions } = await web.json("/api/sessions");
    const feed = sessions.find(({ pulled }: { readonly pulled: boolean }) => pulled);
    const headers = { "content-type": "application/json" };
    const banned = await web.json("/api/bans", { method: "POST", headers, body: JSON.stringify({ subject: "feed" }) });
    assert.deepStrictEqual([banned.ended, banned.pulled], [[], [feed.session]]);
    await web.json(`/api/sessions/${feed.session}`);
  },
});

Deno.test({
  ...needing([CHROMIUM], "the page asks for the token, and shows nothing without it"),
  fn: async () => {
    using folder = new TemporaryFolder();
    Deno.writeTextFileSync(folder.file("token"), `${TOKEN}\n`);
    await using scene = await openScene({ web: ["--web-token-file", folder.file("token")] });
    const { page } = scene;
    await page.fill("#login input", "a wrong token");
    await page.click("#login button");
    await page.waitForSelector("#login [role=alert]:text-is('the token is wrong')");
    assert.strictEqual(await page.isVisible("#main"), false);
    await page.fill("#login input", TOKEN);
    await page.click("#login button");
    await page.waitForSelector("#main:visible");
    scene.call("cam1");
    await untilPlaying(scene, "cam1");
    await page.click(`${tileOf("cam1")} .sound`);
    await page.click("#logout");
    await page.waitForSelector("#login:visible");
    assert.strictEqual(await page.isVisible("#main"), false);
    await page.waitForSelector("video", { state: "detached" }); // the sound has ended too
    assert.strictEqual(await page.textContent("#login [role=alert]"), "");
  },
});
