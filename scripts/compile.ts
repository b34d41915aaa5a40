/**
 * Builds the executable: `dist/srt-splitter` with libsrt inside, `dist/LICENSES.txt`, `dist/srt-splitter.1`, `dist/SHA256SUMS`.
 *
 * Options: `--target` for another architecture, `--libsrt FILE` to put another libsrt inside.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

import deno from "../deno.json" with { type: "json" };
import { SELF } from "../mod/handoff/child_command.ts";
import type { EmbeddedLibsrt } from "../mod/handoff/contract.ts";
import type { EmbeddedDescription } from "../mod/handoff/embedded_libsrt.ts";
import { LibsrtError, tryLibsrt } from "../workers/find_libsrt.ts";
import { bundleProgram } from "./bundle_program.ts";
import type { DebianPackage } from "./packages.ts";
import { exists } from "./files.ts";
import { collectLicenses } from "./license_texts.ts";
import { linkLibsrt } from "./link_libsrt.ts";
import { manPage } from "./man_page.ts";
import { listenOptions } from "./listen_options.ts";
import { fetchNpmPackages } from "./packages.ts";
import { PAGE } from "./page.ts";
import { runCompiler } from "./run_compiler.ts";
import { readSharedObject, sharedObjectProblems } from "./shared_object.ts";
import { STAGED_FILES, stageProgram, stageSources } from "./stage_sources.ts";
import { CompileError } from "./run_tool.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const DIST = `${ROOT}/dist`;

/** Folder in the executable that mod/handoff/embedded_libsrt.ts and mod/cli/about.ts read. From the top of the project. */
const INSIDE = "dist/inside";

/** The options of the command line. */
interface Request {
  readonly target: string;
  /** A libsrt to include, or null to link one. */
  readonly libsrt: string | null;
}

async function build({ target, libsrt }: Request): Promise<void> {
  const isHost = target === Deno.build.target;
  if (!isHost && libsrt === null) {
    throw new CompileError(
      `cannot link a libsrt for ${target}: the archives of this machine are for ${Deno.build.target}\n` +
        `hint: name one that needs only glibc: deno task compile --target ${target} --libsrt FILE`,
    );
  }
  Deno.mkdirSync(DIST, { recursive: true });
  const work = Deno.makeTempDirSync({ dir: DIST, prefix: ".work-" });
  const name = `srt-splitter${isHost ? "" : `-${target}`}`;
  const output = `${work}/${name}`;
  const base = Deno.env.get("DENORT_BIN") || null;
  try {
    const { packages, baseWithLibsrt } = await putLibsrtInside(work, { target, libsrt, base });
    const cache = await fetchNpmPackages(`${ROOT}/main.ts`);
    const { npm: ofPage } = await fetchNpmPackages(`${ROOT}/${PAGE.main}`);
    const licenses = collectLicenses({ root: ROOT, npm: [...cache.npm, ...ofPage], debian: packages });
    putInside(work, "LICENSES.txt.gz", gzipSync(licenses, { level: 9 }));
    stageSources(`${work}/sources`, { root: ROOT, npm: cache.npm });
    const bundle = `${work}/bundle`;
    await bundleProgram({ sources: `${work}/sources`, output: bundle });
    const inside = { from: `${work}/inside`, to: INSIDE };
    const stage = stageProgram(`${work}/stage`, { root: ROOT, bundle, inside, cache });
    const include = [INSIDE, ...STAGED_FILES];
    await runCompiler({ ...stage, include, output, target, options: listenOptions(), base, baseWithLibsrt });
    if (isHost) await tryOut(output, base);
    Deno.writeTextFileSync(`${DIST}/LICENSES.txt`, licenses);
    Deno.writeTextFileSync(`${DIST}/srt-splitter.1`, manPage());
    Deno.renameSync(output, `${DIST}/${name}`);
  } finally {
    Deno.removeSync(work, { recursive: true });
  }
  writeSums();
  const megabytes = (Deno.statSync(`${DIST}/${name}`).size / 1e6).toFixed(1);
  console.error(
    `compile: dist/${name}, ${megabytes} MB; licenses of its parts: dist/LICENSES.txt; checksums: dist/SHA256SUMS`,
  );
}

/** Adds a file. Large ones must be compressed, because every process of an executable of Deno 2.6 has a copy in its memory. */
function putInside(work: string, name: string, content: Uint8Array): void {
  Deno.mkdirSync(`${work}/inside`, { recursive: true });
  Deno.writeFileSync(`${work}/inside/${name}`, content);
}

/** The executable's libsrt. */
interface IncludedLibsrt {
  /** The packages that it was linked from; none if --libsrt named it. */
  readonly packages: readonly DebianPackage[];
  /**
   * A copy of the base (denort, the program that `deno compile` appends its files to) with libsrt at its end; null if libsrt is an
   * embedded file.
   */
  readonly baseWithLibsrt: string | null;
}

/**
 * Includes libsrt. If the base is a file (`DENORT_BIN`), libsrt is appended to a copy of it, and the compiler appends the embedded
 * files after libsrt, which it neither reads nor changes. Otherwise libsrt is compressed and becomes an embedded file.
 */
async function putLibsrtInside(
  work: string,
  { target, libsrt, base }: Request & { readonly base: string | null },
): Promise<IncludedLibsrt> {
  const file = `${work}/libsrt.so`;
  const linked = libsrt === null ? await linkLibsrt(file) : null;
  if (libsrt !== null) copyNamed(libsrt, file);
  const object = await readSharedObject(file);
  const problems = sharedObjectProblems(object, target);
  if (problems.length > 0) {
    throw new CompileError(
      `cannot put ${libsrt ?? "the libsrt that was linked here"} inside: ${problems.join("; ")}\n` +
        "hint: use a libsrt 1.4.2 or later with its crypto library linked in, such as the one that is linked without --libsrt",
    );
  }
  const packageVersion = linked?.libsrt.version ?? null;
  const probed = target === Deno.build.target ? await probeInside({ file, packageVersion }) : null;
  const appended = base !== null && exists(base) ? appendTo(base, { file, output: `${work}/base` }) : null;
  if (appended === null) putInside(work, "libsrt.so.gz", gzipSync(Deno.readFileSync(file), { level: 9 }));
  const place = appended === null ? {} : { part: appended };
  const description: EmbeddedDescription = { packageVersion, probed, glibc: object.glibc, ...place };
  putInside(work, "libsrt.json", new TextEncoder().encode(`${JSON.stringify(description)}\n`));
  const origin = linked === null ? libsrt : `of ${linked.libsrt.name} ${linked.libsrt.version}`;
  console.error(`compile: libsrt ${origin}; it needs ${object.needs.join(", ")} (glibc ${object.glibc ?? "any"})`);
  return { packages: linked?.packages ?? [], baseWithLibsrt: appended === null ? null : `${work}/base` };
}

/** Writes a copy of `base` with `file` at its end, and returns the place of `file`. */
function appendTo(
  base: string,
  { file, output }: { readonly file: string; readonly output: string },
): { readonly offset: number; readonly bytes: number } {
  Deno.copyFileSync(base, output);
  const offset = Deno.statSync(output).size;
  const content = Deno.readFileSync(file);
  Deno.writeFileSync(output, content, { append: true });
  return { offset, bytes: content.length };
}

/** Tries the libsrt now, so that the executable need not do so at each start. */
async function probeInside(embedded: EmbeddedLibsrt): Promise<EmbeddedDescription["probed"]> {
  try {
    const self = {
      mainModule: `file://${ROOT}/main.ts`,
      standalone: false,
      execPath: Deno.execPath(),
      env: Deno.env.get,
    };
    const { version, aesGcm, warning, embedded: isUsed } = await tryLibsrt({ libsrt: null, embedded }, self);
    if (!isUsed) throw new CompileError(warning ?? "the libsrt to put inside cannot be loaded");
    return { version, aesGcm, warning };
  } catch (cause) {
    if (!(cause instanceof LibsrtError)) throw cause;
    throw new CompileError(cause.text, { cause });
  }
}

/** Variable that is set if the build was started again. */
const STARTED_AGAIN = "SRT_SPLITTER_COMPILE_STARTED_AGAIN";

/** Reports whether a program may be run. Deno finds the programs that it may run when it starts, not those installed later. */
function mayRun(program: string): boolean {
  return Deno.permissions.querySync({ name: "run", command: program }).state === "granted";
}

/** Runs the build in another Deno, which finds what was installed. */
async function startAgain(): Promise<void> {
  const { code } = await new Deno.Command(SELF, {
    args: ["task", "--quiet", "compile", ...Deno.args],
    cwd: ROOT,
    env: { [STARTED_AGAIN]: "1" },
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  Deno.exitCode = code;
}

/** Installs what linking needs. The output of the installation goes to the output of this process. */
async function setUp(): Promise<void> {
  const { success } = await new Deno.Command(SELF, {
    args: ["task", "--quiet", "setup", "compile"],
    cwd: ROOT,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (!success) throw new CompileError("cannot link libsrt: see above for what is missing");
}

function copyNamed(from: string, to: string): void {
  try {
    Deno.copyFileSync(from, to);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CompileError(`cannot read --libsrt ${JSON.stringify(from)}: ${reason}`, { cause });
  }
}

/** Starts the executable from another program, because Deno does not allow a program to run what it may write. */
async function tryOut(executable: string, base: string | null): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(SELF, {
    args: [
      "run",
      "--no-prompt",
      "--no-lock",
      `--allow-run=${executable}`,
      `${ROOT}/scripts/try_executable.ts`,
      executable,
      deno.version,
    ],
    stdin: "null",
  }).output();
  if (success) return console.error(new TextDecoder().decode(stdout).trimEnd());
  throw new CompileError(
    `the executable does not work: ${new TextDecoder().decode(stderr).trimEnd()}` +
      (base !== null ? `\nDENORT_BIN=${base} may not be a base of Deno ${Deno.version.deno}` : ""),
  );
}

/** Writes the sums of all files of a release in the form of `sha256sum -c`. */
function writeSums(): void {
  const names = Array.from(Deno.readDirSync(DIST)).filter(({ name }) =>
    name.startsWith("srt-splitter") || name === "LICENSES.txt"
  ).map(({ name }) => name).sort();
  const sum = (name: string) => createHash("sha256").update(Deno.readFileSync(`${DIST}/${name}`)).digest("hex");
  Deno.writeTextFileSync(`${DIST}/SHA256SUMS`, names.map((name) => `${sum(name)}  ${name}\n`).join(""));
}

function readRequest(args: readonly string[]): Request {
  const { values } = parseArgs({
    args: [...args],
    options: { target: { type: "string" }, libsrt: { type: "string" } },
  });
  return { target: values.target ?? Deno.build.target, libsrt: values.libsrt ?? null };
}

if (import.meta.main) {
  try {
    const request = readRequest(Deno.args);
    if (request.libsrt === null) await setUp();
    if (request.libsrt !== null || mayRun("g++") || Deno.env.has(STARTED_AGAIN)) await build(request);
    else await startAgain();
  } catch (error) {
    const usage = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
    if (!usage && !(error instanceof CompileError)) throw error;
    console.error(`compile: ${(error as Error).message}`);
    if (usage) console.error("Use: deno task compile [--target TRIPLE] [--libsrt FILE]");
    Deno.exitCode = usage ? 2 : 1;
  }
}
