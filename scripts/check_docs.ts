/**
 * Checks that each file has a header, and that each exported name, and each public method of an exported class, has a
 * docstring.
 *
 * It reads the text instead of `deno doc --json`, whose form differs between versions of Deno, and relies on the layout of
 * `deno fmt`.
 *
 * @module
 */

import { sourceFiles } from "./files.ts";

const PARTS = ["main.ts", "mod", "workers", "scripts"] as const;

/** Text that each header must have. */
const HEADER_MARKS = ["@module"] as const;

const EXPORT =
  /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type|enum|namespace)\s+(?!\{)(\w+)/;

/** The beginning of a public method or accessor of a class, in the layout of `deno fmt`. */
const MEMBER = /^ {2}(?:static |override |readonly |async |get |set |\*)*(\[?[\w.]+\]?)\s*(?:<[^>]*>)?\(/;

/**
 * Checks every source file below `root`.
 *
 * @param root Top of the project, without a slash at its end
 * @returns One line for each name or file without documentation; empty if there is none
 */
export function checkDocs(root: string): readonly string[] {
  return sourceFiles(root, PARTS).flatMap((file) => {
    const lines = Deno.readTextFileSync(`${root}/${file}`).split("\n");
    return [...headerProblems(file, lines), ...exportProblems(file, lines)];
  });
}

function headerProblems(file: string, lines: readonly string[]): readonly string[] {
  const end = lines.findIndex((line) => line.trim() === "*/");
  // the first line of a script may name its interpreter
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
      // overloads share the docstring of the first
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

/** Reports whether a docstring ends on the line before, lint directives and decorators aside. */
function hasDocstring(lines: readonly string[], index: number): boolean {
  let before = index - 1;
  while (/^\s*(\/\/ deno-lint-ignore|@)/.test(lines[before] ?? "")) before--;
  const line = lines[before]?.trim() ?? "";
  if (!line.endsWith("*/")) return false;
  while (before >= 0 && !lines[before]?.trim().startsWith("/*")) before--;
  return lines[before]?.trim().startsWith("/**") ?? false;
}
