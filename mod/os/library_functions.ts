/**
 * The functions of a shared library, most of them opened only when they are called: opening one that runs on this thread takes
 * 0.15 ms of processor time, because Deno compiles code for its calls. A session calls half of the functions in its tables.
 *
 * @module
 */

/** Functions by their names in the library. */
type FunctionTable = Readonly<Record<string, Deno.ForeignFunction>>;
type OpenFunctions = Record<string, (...args: readonly unknown[]) => unknown>;

/**
 * Opens a library.
 *
 * @param soon Functions to open immediately, in one call, which takes less time than one call for each.
 * @returns The library. A function that it lacks fails when it is called, unless it is among `soon`.
 * @throws {Error} Of `Deno.dlopen`: the library cannot be loaded, or lacks a function of `soon`.
 */
export function openLibrary<Table extends FunctionTable>(
  file: string,
  table: Table,
  soon: readonly (keyof Table & string)[],
): Deno.DynamicLibrary<Table> {
  const libraries: Deno.DynamicLibrary<FunctionTable>[] = [];
  const open = (names: readonly string[]) => {
    const wanted = Object.entries(table).filter(([name]) => names.includes(name));
    const library = Deno.dlopen(file, Object.fromEntries(wanted) as FunctionTable);
    libraries.push(library);
    return library.symbols as OpenFunctions;
  };
  const symbols: OpenFunctions = { ...open(soon) };
  for (const name of Object.keys(table)) {
    symbols[name] ??= (...args) => {
      const { [name]: called } = open([name]);
      if (called === undefined) throw new TypeError(`cannot open ${name}`);
      symbols[name] = called;
      return called(...args);
    };
  }
  return {
    symbols: symbols as Deno.DynamicLibrary<Table>["symbols"],
    close: () => libraries.splice(0).forEach((library) => library.close()),
  };
}
