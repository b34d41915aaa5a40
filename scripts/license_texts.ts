/**
 * Collects the license texts of everything inside the executable.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

import { exists } from "./files.ts";
import type { DebianPackage, NpmPackage } from "./packages.ts";
import { CompileError } from "./run_tool.ts";

/** Folders of license texts on Debian and Ubuntu. */
const DOC = "/usr/share/doc";
const COMMON = "/usr/share/common-licenses";

const NAMED_LIBSRT =
  "A libsrt that --libsrt named at build time: under the Mozilla Public License 2.0 (MPL-2.0). What is linked into it " +
  "(OpenSSL 3: Apache-2.0) has licenses of its own. Ask its distributor for the source.\n";

const LINE = "=".repeat(100);

/** What is inside the executable besides Deno. */
export interface Contents {
  /** Top of this project. */
  readonly root: string;
  readonly npm: readonly NpmPackage[];
  /** Packages that the libsrt inside was linked from; empty if --libsrt named another. */
  readonly debian: readonly DebianPackage[];
}

/** Returns all texts, one after another. @throws {CompileError} */
export function collectLicenses({ root, npm, debian }: Contents): string {
  const parts = [
    part("srt-splitter", read(`${root}/LICENSE`)),
    part("Deno (with V8 and the Rust crates that Deno lists in its own releases)", readDeno()),
    ...npm.map(({ name, version, folder }) => part(`${name} ${version}`, readNpm(folder))),
  ];
  const common = new Set<string>();
  for (const [text, packages] of textsOf(debian)) {
    const titles = packages.map(({ name, version }) => `${name} ${version}`).join(", ");
    const sources = packages.map(({ name, version }) => `apt-get source ${name}=${version}`).join(", ");
    for (const [, license = ""] of text.matchAll(/\/usr\/share\/common-licenses\/([\w.-]*\w)/g)) common.add(license);
    parts.push(part(`${titles}; unmodified, their source: ${sources}`, text));
  }
  if (debian.length === 0) {
    parts.push(part("libsrt", NAMED_LIBSRT));
    if (exists(`${COMMON}/MPL-2.0`)) common.add("MPL-2.0");
  }
  for (const name of common) parts.push(part(name, read(`${COMMON}/${name}`)));
  return parts.join("\n");
}

function readDeno(): string {
  return read(fileURLToPath(new URL("licenses/deno.txt", import.meta.url)));
}

/** Returns the license text of a package, or the fields of its package.json if it has no text. */
function readNpm(folder: string): string {
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
  const file = names.find((name) => /^licen[cs]e/i.test(name));
  if (file !== undefined) return read(`${folder}/${file}`);
  const { license, author, homepage, repository } = JSON.parse(read(`${folder}/package.json`));
  const fields = JSON.stringify({ license, author, homepage, repository }, null, 2);
  return `This package has no license text. Its package.json has:\n${fields}\n`;
}

/** Groups packages by their license text: packages that are built from one source have the same text. */
function textsOf(packages: readonly DebianPackage[]): ReadonlyMap<string, readonly DebianPackage[]> {
  const texts = new Map<string, DebianPackage[]>();
  for (const item of packages) {
    const text = read(`${DOC}/${item.name}/copyright`);
    texts.set(text, [...texts.get(text) ?? [], item]);
  }
  return texts;
}

function part(title: string, text: string): string {
  return `${LINE}\n${title}\n${LINE}\n\n${text.trimEnd()}\n`;
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    throw new CompileError(
      `cannot read the license text ${path}: ${cause instanceof Error ? cause.message : cause}\n` +
        "hint: install the package of this file again, with its documentation, because every executable comes with this text",
      { cause },
    );
  }
}
