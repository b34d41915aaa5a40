/**
 * Installs the other SRT programs: packages of the distribution, and programs that are built from tests/interop.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { exists } from "../../scripts/files.ts";
import type { Requirement } from "../../scripts/install_commands.ts";
import { ensureInstalled } from "../../scripts/machine.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Where programs are built; ignored by git. */
const BUILT = fileURLToPath(new URL("../../dist/interop", import.meta.url));

/** The folders in which the tools of Go and Rust may be installed. */
const TOOL_FOLDERS = ["/usr/local/go/bin", `${Deno.env.get("HOME") ?? ""}/.cargo/bin`, "/usr/bin"] as const;

/** A program is not available on this machine. The message has the reason. */
export class NotTriedError extends Error {
  override readonly name = "NotTriedError";
}

/** Installs packages of the distribution, and returns the version that a program prints. @throws {NotTriedError} */
export async function installed(
  required: readonly Requirement[],
  command: readonly string[],
  pattern: RegExp,
): Promise<string> {
  await installPackagesOf(required);
  return await versionOf(command, pattern);
}

/** Installs packages of the distribution. @throws {NotTriedError} */
async function installPackagesOf(required: readonly Requirement[]): Promise<void> {
  const { missing, problem } = await ensureInstalled(required, (text) => console.error(`interop: ${text}`));
  if (missing.length === 0) return;
  throw new NotTriedError(`${missing.map(({ candidates }) => candidates[0]).join(", ")}: ${problem.split("\n")[0]}`);
}

/** Returns what a program prints about its version. @throws {NotTriedError} */
async function versionOf([file = "", ...args]: readonly string[], pattern: RegExp): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(file, { args, stdin: "null" }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  const version = pattern.exec(text)?.[1];
  if (version === undefined) throw new NotTriedError(`${file} prints no version: ${text.slice(0, 80)}`);
  return version;
}

/** The program that {@linkcode buildGosrt} builds: `gosrt call` and `gosrt listen`. */
export const GOSRT = `${BUILT}/gosrt`;

/** Builds the caller and listener that use gosrt, and returns the version of gosrt. @throws {NotTriedError} */
export async function buildGosrt(): Promise<string> {
  await build("go", ["build", "-o", GOSRT, "."], { cwd: `${HERE}gosrt`, env: { GOTOOLCHAIN: "local" } });
  return pinned(`${HERE}gosrt/go.mod`, /gosrt v(\S+)/);
}

/** The program that {@linkcode buildSrtTokio} builds. */
export const SRT_TOKIO = `${BUILT}/srt_tokio/target/debug/srt_tokio_caller`;

/** Builds the caller that uses srt-tokio, and returns the version of srt-tokio. @throws {NotTriedError} */
export async function buildSrtTokio(): Promise<string> {
  const folder = `${BUILT}/srt_tokio`;
  Deno.mkdirSync(`${folder}/src`, { recursive: true });
  for (const file of ["Cargo.toml", "src/main.rs"]) Deno.copyFileSync(`${HERE}srt_tokio/${file}`, `${folder}/${file}`);
  await build("cargo", ["build", "--quiet"], { cwd: folder, env: {} });
  return pinned(`${folder}/Cargo.toml`, /^srt-tokio = "=(\S+)"/m);
}

async function build(
  tool: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<void> {
  const folder = TOOL_FOLDERS.find((folder) => exists(`${folder}/${tool}`));
  if (folder === undefined) throw new NotTriedError(`${tool} is not installed`);
  const path = `${folder}:${Deno.env.get("PATH") ?? ""}`; // cargo starts rustc
  const { success, stderr } = await new Deno.Command(`${folder}/${tool}`, {
    args: [...args],
    cwd,
    env: { ...env, PATH: path },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const [reason = "no message"] = new TextDecoder().decode(stderr).split("\n").filter((line) => /error|go:/.test(line));
  throw new NotTriedError(`${tool} ${args[0]} fails: ${reason}`);
}

function pinned(file: string, pattern: RegExp): string {
  const version = pattern.exec(Deno.readTextFileSync(file))?.[1];
  if (version === undefined) throw new TypeError(`cannot find the version in ${file}`);
  return version;
}
