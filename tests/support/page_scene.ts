/**
 * The page of a listener in a real browser, with real cameras; held by `await using`.
 *
 * @module
 */

/// <reference lib="dom" />

import { Browser, type OpenPage, type PageOptions } from "./browser.ts";
import { Camera } from "./camera.ts";
import { Splitter } from "./splitter.ts";
import { TemporaryFolder } from "./temporary_folder.ts";
import { Web } from "./web.ts";

const LOCAL = "127.0.0.1:0";

/** A listener, its web process, and its page in a browser. */
export interface Scene extends AsyncDisposable, OpenPage {
  readonly splitter: Splitter;
  readonly web: Web;
  /** A folder for files of the test. */
  readonly folder: TemporaryFolder;
  /** Starts a camera that is stopped at the end of the test. */
  readonly call: (streamId: string, options?: Partial<ConstructorParameters<typeof Camera>[0]>) => Camera;
}

/** How the listener and its web process are started, and how the page is shown. */
export interface SceneOptions extends PageOptions {
  /** Further arguments of `listen`. */
  readonly listen?: readonly string[];
  /** Whether there is a folder of recordings; true unless given. */
  readonly isRecording?: boolean;
  /** Further arguments of `web`. */
  readonly web?: readonly string[];
}

/** Opens the page of a new listener. */
export async function openScene(
  { listen = [], isRecording = true, web: webArgs = [], ...options }: SceneOptions = {},
): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(new TemporaryFolder());
  const out = isRecording ? ["--out", folder.file("rec")] : [];
  const splitter = stack.use(await Splitter.listen([LOCAL, ...out, "--stats", "500ms", ...listen]));
  const web = stack.use(await Web.start(splitter, webArgs));
  const browser = stack.use(await Browser.start());
  const { page, errors } = await browser.open(`${web.url}/`, options);
  const parts = stack.move();
  const call: Scene["call"] = (streamId, camera = {}) =>
    parts.use(new Camera({ port: splitter.port, streamId, ...camera }));
  return { splitter, web, folder, page, errors, call, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** Returns the selector of the tile of a session. */
export function tileOf(name: string): string {
  return `.tile:has(h2:text-is(${JSON.stringify(name)}))`;
}

/** Waits until the video of a tile has played for a second. */
export async function untilPlaying({ page }: Scene, name: string): Promise<void> {
  const video = await page.waitForSelector(`${tileOf(name)} video:visible`);
  await page.waitForFunction((element) => {
    const { currentTime } = element as HTMLVideoElement;
    return currentTime > 1 && (element as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames > 25;
  }, video);
}

/** Reads the frame that the first video shows, as 32 x 18 pixels. */
export async function readFrame({ page }: Scene): Promise<
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
