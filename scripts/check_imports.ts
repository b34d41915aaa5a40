/**
 * Checks the imports of the program: they follow the table of scripts/import_rules.ts, form no cycle, and do not slow the start of
 * the listener or of a child.
 *
 * @module
 */

import { type ImportEdge, readImportGraph } from "./import_graph.ts";
import { IMPORT_RULES, PACKAGE_HOMES, START_RULES, type StartRule } from "./import_rules.ts";
import { sourceFiles } from "./files.ts";

/** The files that the rules apply to. */
const PARTS = ["main.ts", "mod", "workers"] as const;

/** A row of the table. */
type Rule = readonly [part: string, allowed: readonly string[]];

const RULES: readonly Rule[] = Object.entries(IMPORT_RULES);

/**
 * Checks every source file of the program in the project at `root`.
 *
 * @param root Top of the project, absolute, without a slash at its end
 * @returns One line for each problem; empty if there is none
 */
export async function checkImports(root: string): Promise<readonly string[]> {
  const files = sourceFiles(root, PARTS);
  const edges = await readImportGraph(root, files);
  return [
    ...checkOrder(RULES),
    ...files.flatMap(withoutRule),
    ...edges.flatMap(forbidden),
    ...cycles(edges),
    ...START_RULES.flatMap((rule) => slowImports(edges, rule)),
  ];
}

/**
 * Checks that each row allows only parts above it.
 *
 * @returns One line for each part that is below its importer or in no row
 */
export function checkOrder(rules: readonly Rule[]): readonly string[] {
  return rules.flatMap(([from, allowed], index) =>
    allowed.map(partOf).flatMap((part) => {
      const rows = rules.flatMap(([row], at) => isIn(part, row) || isIn(row, part) ? [at] : []);
      if (rows.length === 0) return [`scripts/import_rules.ts: ${from} may import ${part}, which is in no row`];
      return rows.every((at) => at < index) ? [] : [`scripts/import_rules.ts: ${part} must stand above ${from}`];
    })
  );
}

function withoutRule(file: string): readonly string[] {
  return ruleFor(file) === undefined ? [`${file}: no row of scripts/import_rules.ts covers it`] : [];
}

function forbidden(edge: ImportEdge): readonly string[] {
  const rule = ruleFor(edge.from);
  if (rule === undefined) return [];
  const npm = /^npm:\/?(@[^/]+\/[^@/]+|[^@/]+)/.exec(edge.to)?.[1];
  if (npm !== undefined) {
    const home = PACKAGE_HOMES[npm];
    if (home === undefined || isIn(edge.from, home)) return [];
    return [`${edge.from} imports ${npm}: only ${home} may`];
  }
  const [part, allowed] = rule;
  if (edge.to.startsWith("node:") || isIn(edge.to, part)) return [];
  if (allowed.some((entry) => allows(entry, edge))) return [];
  return [`${edge.from} imports ${edge.to} (${edge.kind}): the row of ${part} does not allow it`];
}

function ruleFor(file: string): Rule | undefined {
  return RULES.filter(([part]) => isIn(file, part)).sort(([one], [other]) => other.length - one.length)[0];
}

function allows(entry: string, { to, kind }: ImportEdge): boolean {
  const [part = "", only] = entry.split(" ");
  return isIn(to, part) && (only === undefined || only === kind);
}

function partOf(entry: string): string {
  return entry.split(" ")[0] ?? "";
}

function isIn(file: string, part: string): boolean {
  return file === part || file.startsWith(`${part}/`);
}

/** Finds cycles of static imports, types included: two files that need each other to be understood are one subject. */
function cycles(edges: readonly ImportEdge[]): readonly string[] {
  const targets = targetsOf(edges, ({ kind }) => kind !== "dynamic");
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

/** Finds imports that a {@linkcode StartRule} forbids, each with the chain of imports from the role's file. */
function slowImports(edges: readonly ImportEdge[], { role, entries, slow, dynamicToo }: StartRule): readonly string[] {
  const targets = targetsOf(edges, ({ kind }) => kind === "code" || (dynamicToo && kind === "dynamic"));
  const found: string[] = [];
  const done = new Set<string>();
  const open: string[][] = entries.map((entry) => [entry]);
  for (let path = open.shift(); path !== undefined; path = open.shift()) {
    const file = path.at(-1) ?? "";
    if (done.has(file)) continue;
    done.add(file);
    for (const target of targets.get(file) ?? []) {
      if (slow.test(target)) found.push(`${role} loads ${[...path, target].join(" -> ")}`);
      else open.push([...path, target]);
    }
  }
  return found;
}

function targetsOf(
  edges: readonly ImportEdge[],
  counts: (edge: ImportEdge) => boolean,
): ReadonlyMap<string, readonly string[]> {
  const targets = new Map<string, string[]>();
  for (const edge of edges) {
    if (counts(edge)) targets.set(edge.from, [...targets.get(edge.from) ?? [], edge.to]);
  }
  return targets;
}
