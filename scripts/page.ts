/**
 * Writes `mod/web/assets/page.js`, the program of the page, from its sources in `mod/web/page`, and checks that the one in the
 * repository is up to date.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

import { BUNDLER } from "./bundle_program.ts";
import { fetchNpmPackages } from "./packages.ts";
import { runTool } from "./run_tool.ts";

/** The main module, and the file that is made of it. From the top of the project. */
export const PAGE = { main: "mod/web/page/main.ts", output: "mod/web/assets/page.js" } as const;

/** The only package that the page imports, and its file that has everything in it. */
const PLAYER = { name: "mpegts.js", file: "dist/mpegts.js" } as const;

const BANNER =
  "/* made by `deno task page` from mod/web/page, and from mpegts.js (Apache-2.0), es6-promise and events (MIT) */";

const OPTIONS: readonly string[] = [
  "--bundle",
  "--format=esm",
  "--target=chrome111,firefox121,safari17",
  "--minify",
  "--legal-comments=none",
  `--banner:js=${BANNER}`,
  "--log-level=warning",
];

/** Bundles the page of the project at `root` (absolute, without a slash at its end). @throws {CompileError} */
export async function bundlePage(root: string): Promise<string> {
  const { npm } = await fetchNpmPackages(`${root}/${PAGE.main}`);
  const player = npm.find(({ name }) => name === PLAYER.name);
  if (player === undefined) throw new TypeError(`${PAGE.main} does not import ${PLAYER.name}`);
  const alias = `--alias:npm:${player.name}@${player.version}=${player.folder}/${PLAYER.file}`;
  return await runTool([...BUNDLER, PAGE.main, ...OPTIONS, alias], "bundle the page", { cwd: root });
}

/**
 * Checks the file below `root` (top of the project, absolute, without a slash at its end).
 *
 * @returns A line if it is out of date; empty if it is not.
 */
export async function checkPage(root: string): Promise<readonly string[]> {
  const isSame = await bundlePage(root) === await Deno.readTextFile(`${root}/${PAGE.output}`).catch(() => null);
  return isSame ? [] : [`${PAGE.output} is out of date: run deno task page`];
}

if (import.meta.main) {
  const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
  await Deno.writeTextFile(`${root}/${PAGE.output}`, await bundlePage(root));
}
