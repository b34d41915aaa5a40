/**
 * The functions of a shared library. For each function, `Deno.dlopen` takes 0.2 ms of processor time, because Deno compiles code
 * for its calls. Called by its address instead, a function takes no time to open but 1.3 µs for each call.
 *
 * @module
 */

/** Functions by their names in the library. */
type FunctionTable = Readonly<Record<string, Deno.ForeignFunction>>;
type OpenFunction = Deno.UnsafeFnPointer<Deno.ForeignFunction>["call"];

/**
 * A function is compiled once it has been called this often. Our choice: by then, its calls have taken longer than compiling it
 * takes.
 */
const MANY_CALLS = 1000;

/** An opened library. */
export interface OpenLibrary<Table extends FunctionTable> extends Disposable {
  /**
   * Its functions. A function that the library lacks throws a TypeError when it is called; after `close`, every function does.
   */
  readonly symbols: Deno.DynamicLibrary<Table>["symbols"];
  /** Reports whether the library has a function. */
  has(name: keyof Table & string): boolean;
  /** Closes the library. Idempotent. */
  close(): void;
}

/**
 * Opens a library.
 *
 * @param file A path, or a name for the dynamic linker.
 * @throws {Error} Of `Deno.dlopen`: the library cannot be loaded.
 */
export function openLibrary<Table extends FunctionTable>(file: string, table: Table): OpenLibrary<Table> {
  const addresses = Deno.dlopen(file, Object.fromEntries(Object.keys(table).map((name) => [name, ADDRESS])));
  const opened: { close(): void }[] = [addresses];
  const symbols: Record<string, OpenFunction> = {};
  const addressOf = (name: string) => addresses.symbols[name] as Deno.PointerObject | null;

  /** Opens the same library again: the dynamic linker recognizes it by its name, even if the file on the disk has changed. */
  function compile(name: string, definition: Deno.ForeignFunction): OpenFunction {
    const library = Deno.dlopen(file, { [name]: definition });
    opened.push(library);
    return library.symbols[name] as OpenFunction;
  }

  for (const [name, definition] of Object.entries(table)) {
    const address = addressOf(name);
    if (address === null) symbols[name] = missing(name);
    else if ("nonblocking" in definition) symbols[name] = calledOnAnotherThread(address, definition);
    else symbols[name] = calledByAddress(address, definition, () => symbols[name] = compile(name, definition));
  }
  return {
    symbols: symbols as OpenLibrary<Table>["symbols"],
    has: (name) => addressOf(name) !== null,
    close,
    [Symbol.dispose]: close,
  };

  function close(): void {
    for (const name of Object.keys(symbols)) symbols[name] = missing(name);
    for (const library of opened.splice(0)) library.close();
  }
}

const ADDRESS = { type: "pointer", optional: true } as const;

/** Calls a function by its address; from the {@linkcode MANY_CALLS}th call on, calls what `compile` returns. */
function calledByAddress(
  address: Deno.PointerObject,
  definition: Deno.ForeignFunction,
  compile: () => OpenFunction,
): OpenFunction {
  let pointer: Deno.UnsafeFnPointer<Deno.ForeignFunction> | null = null;
  let compiled: OpenFunction | null = null;
  let calls = 0;
  return (...args) => {
    if (compiled !== null) return compiled(...args);
    calls += 1;
    if (calls === MANY_CALLS) return (compiled = compile())(...args);
    pointer ??= new Deno.UnsafeFnPointer(address as Deno.PointerObject<Deno.ForeignFunction>, definition);
    return pointer.call(...args);
  };
}

/**
 * Memory that other threads use now. Deno itself lets arguments of a nonblocking call be collected as garbage (seen in 2.9.6).
 */
const inUse = new Set<readonly unknown[]>();

/** Runs a call, and keeps the memory that other threads use meanwhile from being collected. */
export async function keeping<Result>(memory: readonly unknown[], call: () => Promise<Result>): Promise<Result> {
  const entry = [...memory];
  inUse.add(entry);
  try {
    return await call();
  } finally {
    inUse.delete(entry);
  }
}

/** Calls a nonblocking function, and keeps its arguments until it returns. */
function calledOnAnotherThread(address: Deno.PointerObject, definition: Deno.ForeignFunction): OpenFunction {
  const pointer = new Deno.UnsafeFnPointer(address as Deno.PointerObject<Deno.ForeignFunction>, definition);
  return (...args) => keeping(args, async () => await pointer.call(...args));
}

function missing(name: string): OpenFunction {
  return () => {
    throw new TypeError(`cannot call ${name}: the library does not have it, or is closed`);
  };
}
