/**
 * Checks that what is exported is documented: a header in each file, and a docstring on each exported name.
 *
 * Reads the text rather than `deno doc --json`, whose shape differs between versions of Deno. It relies on `deno fmt`: an export
 * begins a line.
 *
 * @module
 */

import { sourceFiles } from "./source_files.ts";

const PARTS = ["main.ts", "mod", "workers", "scripts"] as const;

/** What each header must hold. */
const HEADER_MARKS = ["@module"] as const;

const EXPORT =
  /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type|enum|namespace)\s+(?!\{)(\w+)/;

/** The beginning of a class's public member, in the layout of `deno fmt`. */
const MEMBER = /^ {2}(?:static |override |readonly |async |get |set |\*)*(\[?[\w.]+\]?)\s*(?:<[^>]*>)?\(/;

/**
 * Checks every source file below `root`.
 *
 * @param root Top of the project, without a slash at its end
 * @returns One line for each thing that is not documented; empty where all is well
 */
export function checkDocs(root: string): readonly string[] {
  return sourceFiles(root, PARTS).flatMap((file) => {
    const lines = Deno.readTextFileSync(`${root}/${file}`).split("\n");
    return [...headerProblems(file, lines), ...exportProblems(file, lines)];
  });
}

function headerProblems(file: string, lines: readonly string[]): readonly string[] {
  const end = lines.findIndex((line) => line.trim() === "*/");
  // A script may begin with the line that names its interpreter.
  const start = lines[0]?.startsWith("#!") ? 1 : 0;
  if (lines[start] !== "/**" || end === -1) return [`${file}: no header`];
  const header = lines.slice(start, end).join("\n");
  return HEADER_MARKS.filter((mark) => !header.includes(mark)).map((mark) => `${file}: no "${mark}" in the header`);
}

function exportProblems(file: string, lines: readonly string[]): readonly string[] {
  const problems: string[] = [];
  let exportedClass: string | null = null;
  const documented = new Set<string>();
  lines.forEach((line, index) => {
    const name = EXPORT.exec(line)?.[1];
    if (name !== undefined) {
      // Overloads share the docstring of the first.
      if (hasDocstring(lines, index)) documented.add(name);
      if (!documented.has(name)) problems.push(`${file}:${index + 1}: ${name} has no docstring`);
      exportedClass = /^export (?:default )?(?:abstract )?class /.test(line) ? name : null;
    } else if (line.startsWith("}")) {
      exportedClass = null;
    } else if (exportedClass !== null) {
      const member = MEMBER.exec(line)?.[1];
      const isImplied = member === "constructor" || member?.startsWith("[Symbol.");
      if (member !== undefined && !isImplied && !hasDocstring(lines, index)) {
        problems.push(`${file}:${index + 1}: ${exportedClass}.${member} has no docstring`);
      }
    }
  });
  return problems;
}

/** Whether the line before, lint directives and decorators aside, ends a docstring. */
function hasDocstring(lines: readonly string[], index: number): boolean {
  let before = index - 1;
  while (/^\s*(\/\/ deno-lint-ignore|@)/.test(lines[before] ?? "")) before--;
  const line = lines[before]?.trim() ?? "";
  if (!line.endsWith("*/")) return false;
  while (before >= 0 && !lines[before]?.trim().startsWith("/*")) before--;
  return lines[before]?.trim().startsWith("/**") ?? false;
}
