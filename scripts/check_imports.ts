/**
 * Checks that imports point one way: the rules of scripts/import_rules.ts, and no cycle.
 *
 * @module
 */

import { type ImportEdge, readImportGraph } from "./import_graph.ts";
import { type AllowedImport, IMPORT_RULES, PACKAGE_HOMES } from "./import_rules.ts";
import { sourceFiles } from "./source_files.ts";

/** What the rules are about. */
const PARTS = ["main.ts", "mod", "workers"] as const;

/**
 * Checks every source file below `root`.
 *
 * @param root Top of the project, absolute, without a slash at its end
 * @returns One line for each forbidden import and each cycle; empty where all is well
 */
export async function checkImports(root: string): Promise<readonly string[]> {
  const files = sourceFiles(root, PARTS);
  const edges = await readImportGraph(root, files);
  return [...files.flatMap(withoutRule), ...edges.flatMap(problemOf), ...cycles(edges)];
}

/** A new folder must be given a rule, or nothing would be checked in it. */
function withoutRule(file: string): readonly string[] {
  return IMPORT_RULES.some(({ from }) => isIn(file, from))
    ? []
    : [`${file}: no rule in scripts/import_rules.ts covers it`];
}

function problemOf(edge: ImportEdge): readonly string[] {
  const rule = IMPORT_RULES.find(({ from }) => isIn(edge.from, from));
  if (rule === undefined) return [];
  const npm = /^npm:\/?(@[^/]+\/[^@/]+|[^@/]+)/.exec(edge.to)?.[1];
  if (npm !== undefined) {
    const home = PACKAGE_HOMES[npm];
    if (home === undefined || isIn(edge.from, home)) return [];
    return [`${edge.from} imports ${npm}: only ${home} may`];
  }
  if (edge.to.startsWith("node:") || isIn(edge.to, rule.from)) return [];
  if (rule.allowed.some((allowed) => isIn(edge.to, allowed.part) && isThisWay(edge, allowed))) return [];
  return [`${edge.from} imports ${edge.to} (${edge.kind}): the rules for ${rule.from} do not allow it`];
}

function isThisWay({ kind }: ImportEdge, { only }: AllowedImport): boolean {
  return only === undefined || only === kind;
}

function isIn(file: string, part: string): boolean {
  return file === part || file.startsWith(`${part}/`);
}

/** Cycles of static imports, types included: two files that need each other to be understood are one. */
function cycles(edges: readonly ImportEdge[]): readonly string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to, kind } of edges) {
    if (kind !== "dynamic") targets.set(from, [...targets.get(from) ?? [], to]);
  }
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start !== -1) found.push(`cycle: ${[...path.slice(start), file].join(" -> ")}`);
    if (start !== -1 || done.has(file)) return;
    for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return found;
}
