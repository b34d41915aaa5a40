/**
 * Writes the license texts of everything that is inside the executable into one file.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

import { CompileError } from "./compile_error.ts";
import type { DebianPackage } from "./debian_package.ts";
import { exists } from "./exists.ts";
import type { NpmPackage } from "./npm_packages.ts";

/** Where Debian and Ubuntu keep them. */
const DOC = "/usr/share/doc";
const COMMON = "/usr/share/common-licenses";

const NAMED_LIBSRT =
  "A libsrt that was named when this was built (--libsrt): under the Mozilla Public License 2.0 (MPL-2.0), what is " +
  "linked into it (OpenSSL 3: Apache-2.0) under licenses of its own. Its source: see where it came from.\n";

const LINE = "=".repeat(100);

/** What is inside the executable besides Deno. */
export interface Contents {
  /** Top of this project. */
  readonly root: string;
  readonly npm: readonly NpmPackage[];
  /** Packages that the libsrt inside was linked of; empty where another libsrt was named. */
  readonly debian: readonly DebianPackage[];
}

/** All texts, one after another. @throws {CompileError} */
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

/** The text that a package brings; where it brings none, what its package.json says. */
function readNpm(folder: string): string {
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
  const file = names.find((name) => /^licen[cs]e/i.test(name));
  if (file !== undefined) return read(`${folder}/${file}`);
  const { license, author, homepage, repository } = JSON.parse(read(`${folder}/package.json`));
  const says = JSON.stringify({ license, author, homepage, repository }, null, 2);
  return `This package brings no text of its license. Its package.json says:\n${says}\n`;
}

/** Packages by their text: those of one source have the same. */
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
        "Install the package that it belongs to again, with its documentation; an executable needs the text beside it.",
      { cause },
    );
  }
}
