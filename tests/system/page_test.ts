/** The page of the web process in a real browser, with real cameras. */

/// <reference lib="dom" />

import assert from "node:assert/strict";
import { Browser, CHROMIUM, type OpenPage, type PageOptions } from "../support/browser.ts";
import { Camera, recordCamera } from "../support/camera.ts";
import { needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { CallerRefusedError, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { until, Web } from "../support/web.ts";

const LOCAL = "127.0.0.1:0";
const TOKEN = "0123456789abcdef0123456789abcdef";

/** A listener, its web process, and its page in a browser. */
interface Scene extends AsyncDisposable, OpenPage {
  readonly splitter: Splitter;
  readonly web: Web;
  /** A folder for files of the test. */
  readonly folder: TemporaryFolder;
  /** Starts a camera that is stopped at the end of the test. */
  readonly call: (streamId: string, options?: Partial<ConstructorParameters<typeof Camera>[0]>) => Camera;
}

/** Opens the page of a new listener. */
async function openScene(
  { listen = [], web: webArgs = [], ...options }:
    & { readonly listen?: readonly string[]; readonly web?: readonly string[] }
    & PageOptions = {},
): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(new TemporaryFolder());
  const splitter = stack.use(
    await Splitter.listen([LOCAL, "--out", folder.file("rec"), "--stats", "500ms", ...listen]),
  );
  const web = stack.use(await Web.start(splitter, webArgs));
  const browser = stack.use(await Browser.start());
  const { page, errors } = await browser.open(`${web.url}/`, options);
  const call: Scene["call"] = (streamId, camera = {}) =>
    stack2.use(new Camera({ port: splitter.port, streamId, ...camera }));
  const stack2 = stack.move();
  return { splitter, web, folder, page, errors, call, [Symbol.asyncDispose]: () => stack2.disposeAsync() };
}

/** Returns the selector of the tile of a session. */
function tileOf(name: string): string {
  return `.tile:has(h2:text-is(${JSON.stringify(name)}))`;
}

/** Waits until the video of a tile has decoded some frames more. */
async function untilPlaying({ page }: Scene, name: string): Promise<void> {
  const video = await page.waitForSelector(`${tileOf(name)} video:visible`);
  await page.waitForFunction((element) => {
    const { currentTime } = element as HTMLVideoElement;
    return currentTime > 1 && (element as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames > 25;
  }, video);
}

/** Reads the frame that the first video shows, as 32 x 18 pixels. */
async function readFrame({ page }: Scene): Promise<
  { readonly colors: number; readonly red: number; readonly currentTime: number; readonly nowMs: number }
> {
  return await page.$eval("video", (element) => {
    const video = element as HTMLVideoElement;
    const [width, height] = [32, 18];
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context?.drawImage(video, 0, 0, width, height);
    const { data = [] } = context?.getImageData(0, 0, width, height) ?? {};
    const colors = new Set(
      Array.from({ length: width * height }, (_, index) => data.slice(4 * index, 4 * index + 3).join()),
    );
    return { colors: colors.size, red: data[0] ?? 0, currentTime: video.currentTime, nowMs: Date.now() };
  });
}

Deno.test({
  ...needing([CHROMIUM], "the page plays the live picture of a session"),
  fn: async () => {
    await using scene = await openScene();
    scene.call("cam1");
    await untilPlaying(scene, "cam1");
    const { colors, currentTime } = await readFrame(scene);
    assert.ok(colors > 20, `the picture has only ${colors} colors`);
    await scene.page.waitForFunction(
      (before) => (document.querySelector("video")?.currentTime ?? 0) > before + 1,
      currentTime,
    );
    assert.deepStrictEqual(scene.errors, []);
  },
});

Deno.test({
  ...needing([CHROMIUM], "the live picture is at most 2 s behind the camera and its latency"),
  fn: async () => {
    await using scene = await openScene();
    // the brightness is the time of day: from 16 to 216 in 4 s
    const video = "nullsrc=size=64x64:rate=25,geq=lum='16+50*mod(time(0),4)':cb=128:cr=128";
    scene.call("clock", { video });
    await untilPlaying(scene, "clock");
    const behindMs = async () => {
      const { red, nowMs } = await readFrame(scene);
      const shownMs = red / 255 * 219 / 50 * 1000;
      return (nowMs % 4000 - shownMs + 4000) % 4000;
    };
    let leastMs = Infinity;
    await until("a picture that is not late", async () => {
      leastMs = Math.min(leastMs, await behindMs());
      return leastMs < 2000;
    });
    console.log(`the picture is ${leastMs.toFixed(0)} ms behind the camera`);
  },
});

Deno.test({
  ...needing([CHROMIUM], "the level meter shows the sound of a session, and silence"),
  fn: async () => {
    await using scene = await openScene();
    scene.call("loud");
    scene.call("silent", { audio: "anullsrc=sample_rate=48000" });
    await untilPlaying(scene, "loud");
    await untilPlaying(scene, "silent");
    await scene.page.click("#levels");
    const level = (name: string) => scene.page.getAttribute(`${tileOf(name)} .meter`, "aria-valuenow");
    await scene.page.waitForFunction(() =>
      [...document.querySelectorAll(".meter")].some((meter) => Number(meter.getAttribute("aria-valuenow")) > -40)
    );
    const loud = Number(await level("loud"));
    assert.ok(loud > -30 && loud < -10, `the tone has ${loud} dB`);
    assert.strictEqual(await level("silent"), "-60");
    assert.strictEqual(await scene.page.isVisible("#levels"), false);
    await scene.page.click(`${tileOf("loud")} .sound`);
    await scene.page.waitForSelector(`${tileOf("loud")} .sound[aria-pressed=true]`);
    assert.deepStrictEqual(scene.errors, []);
  },
});

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
  ...needing([CHROMIUM], "a session that was cut off stays in front, and is red"),
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
  ...needing([CHROMIUM], "the page names a codec that the browser cannot play, and shows a still picture"),
  fn: async () => {
    await using scene = await openScene();
    scene.call("mpeg2", { encoders: ["-c:v", "mpeg2video", "-b:v", "1M", "-c:a", "mp2"] });
    const note = await scene.page.waitForSelector(`${tileOf("mpeg2")} .note:text-matches('cannot play')`);
    assert.strictEqual(await note.textContent(), "this browser cannot play MPEG-2 video and MPEG-1 audio");
    const picture = await scene.page.waitForSelector(`${tileOf("mpeg2")} img:visible`);
    assert.ok(await picture.evaluate((image) => (image as HTMLImageElement).naturalWidth) > 0);
  },
});

Deno.test({
  ...needing([CHROMIUM], "the page plays a picture whose sound the browser cannot play"),
  fn: async () => {
    await using scene = await openScene();
    const encoders = "-c:v libx264 -preset ultrafast -tune zerolatency -g 25 -pix_fmt yuv420p -c:a mp2".split(" ");
    scene.call("cam1", { encoders });
    await untilPlaying(scene, "cam1");
    const text = await scene.page.textContent(`${tileOf("cam1")} .note`);
    assert.strictEqual(text, "this browser cannot play MPEG-1 audio");
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
  ...needing([CHROMIUM], "the page of 20 sessions stays fluid"),
  fn: async () => {
    await using scene = await openScene({ width: 1600, height: 1000 });
    const { page } = scene;
    const file = scene.folder.file("camera.ts");
    await recordCamera(file, 20);
    for (let number = 1; number <= 20; number += 1) scene.call(`cam${number}`, { file });
    await page.waitForFunction(() => document.querySelectorAll(".tile").length === 20);
    await page.waitForFunction(() =>
      [...document.querySelectorAll("video")].filter(({ currentTime }) => currentTime > 0).length === 6
    );
    const gaps: readonly number[] = await page.evaluate(() =>
      new Promise((resolve) => {
        const times: number[] = [];
        const note = (timeMs: number) => {
          times.push(timeMs);
          if (timeMs - (times[0] ?? 0) < 5000) requestAnimationFrame(note);
          else resolve(times.slice(1).map((time, index) => time - (times[index] ?? 0)));
        };
        requestAnimationFrame(note);
      })
    );
    const sorted = gaps.toSorted((one, other) => one - other);
    const [median = 0, longest = 0] = [sorted[sorted.length >> 1], sorted.at(-1)];
    console.log(`median ${median.toFixed(0)} ms, longest ${longest.toFixed(0)} ms between two frames of the page`);
    assert.ok(median < 100 && longest < 3000, `median ${median} ms, longest ${longest} ms between two frames`);
    assert.deepStrictEqual(scene.errors, []);
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
    await page.click("#logout");
    await page.waitForSelector("#login:visible");
    assert.strictEqual(await page.isVisible("#main"), false);
  },
});
