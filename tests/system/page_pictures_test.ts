/** Live pictures and sound on the page of the web process, in a real browser with real cameras. */

/// <reference lib="dom" />

import assert from "node:assert/strict";
import { CHROMIUM } from "../support/browser.ts";
import { recordCamera } from "../support/camera.ts";
import { needing } from "../support/needs.ts";
import { openScene, readFrame, tileOf, untilPlaying } from "../support/page_scene.ts";
import { until } from "../support/web.ts";

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
  ...needing([CHROMIUM], "the live picture is less than 2 s behind the camera, latency included"),
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
    const waiting = page.locator(".tile:has(.watch:visible)").first();
    const name = await waiting.locator("h2").textContent();
    await waiting.locator(".watch").click();
    await page.waitForSelector(`${tileOf(name ?? "")} video:visible`);
    const gapsMs = () =>
      page.evaluate(() =>
        new Promise<readonly number[]>((resolve) => {
          const times: number[] = [];
          const note = (timeMs: number) => {
            times.push(timeMs);
            if (timeMs - (times[0] ?? 0) < 3000) requestAnimationFrame(note);
            else resolve(times.slice(1).map((time, index) => time - (times[index] ?? 0)));
          };
          requestAnimationFrame(note);
        })
      );
    await until("three seconds in which the page is fluid", async () => { // other programs may slow the machine
      const sorted = (await gapsMs()).toSorted((one, other) => one - other);
      const [median = 0, longest = 0] = [sorted[sorted.length >> 1], sorted.at(-1)];
      console.log(`median ${median.toFixed(0)} ms, longest ${longest.toFixed(0)} ms between two frames of the page`);
      return median < 100 && longest < 1000;
    });
    assert.deepStrictEqual(scene.errors, []);
  },
});

Deno.test({
  ...needing([CHROMIUM], "the page plays a picture that is not recorded, and shows NOT RECORDING at its top"),
  fn: async () => {
    await using scene = await openScene({ isRecording: false });
    scene.call("cam1");
    await untilPlaying(scene, "cam1");
    assert.strictEqual(await scene.page.textContent("#recording"), "NOT RECORDING (no --out)");
    assert.deepStrictEqual(scene.errors, []);
  },
});
