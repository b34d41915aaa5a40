/**
 * Checks a configuration of libsrt's packet filter, such as `fec,cols:10,rows:5`, and compares the caller's with the listener's.
 *
 * Source: libsrt `srtcore/packetfilter.cpp` and `srtcore/fec.cpp`, the same from 1.4.2 to 1.5.5.
 *
 * @module
 */

/** Longest configuration in bytes (`MAX_PFILTER_LENGTH`). */
const MAX_FILTER_BYTES = 64;
/** The only filter that is built into libsrt. */
const FEC = "fec";
/** Values that apply if neither side sets one; `cols` has no default. */
const DEFAULTS: ReadonlyMap<string, string> = new Map([["rows", "1"], ["layout", "staircase"], ["arq", "onreq"]]);
const LAYOUTS: readonly string[] = ["even", "staircase"];
const ARQ_LEVELS: readonly string[] = ["never", "onreq", "always"];
/** libsrt sends the number of a column in a signed byte. */
const MAX_COLUMNS = 127;
/**
 * Our choice: the maximum number of packets in one matrix. libsrt keeps several matrices and their parity in memory, and
 * libsrt 1.5.1 corrupts its memory if the matrices are larger than its receive buffer.
 */
const MAX_MATRIX_PACKETS = 4096;

/** Parameters by name, as written. */
type Parameters = ReadonlyMap<string, string>;

/**
 * Checks a configuration as libsrt does when its filter starts, but limits the size of the matrix and the form of numbers too.
 *
 * @param config The operator's, or one that a caller sent
 * @param options `complete`: whether all required parameters must be there; false for the configuration of one side, which the
 * other side may complete
 * @returns What is wrong with it, or null
 */
export function filterProblem(config: string, options: { readonly complete: boolean }): string | null {
  const parameters = parse(config);
  if (typeof parameters === "string") return parameters;
  return problemOf(parameters, options);
}

/**
 * Compares a caller's configuration with the listener's.
 *
 * @param own The listener's, which has passed {@linkcode filterProblem}; null if it has none, so that the caller's applies
 * @returns Why no connection is possible, or null
 */
export function filterMismatch(callersConfig: string, own: string | null): string | null {
  const theirs = parse(callersConfig);
  if (typeof theirs === "string") return theirs;
  const ours = own === null ? new Map<string, string>() : parse(own);
  if (typeof ours === "string") return ours;
  for (const [name, value] of ours) {
    const other = theirs.get(name);
    if (other !== undefined && other !== value) return `${name} is ${other} in the caller and ${value} in the listener`;
  }
  return problemOf(new Map([...theirs, ...ours]), { complete: true });
}

/** Returns the parameters, or what is wrong with the form. */
function parse(config: string): Parameters | string {
  const [type = "", ...parts] = config.split(",");
  if (type !== FEC) return `there is no packet filter ${JSON.stringify(type)}, only ${FEC}`;
  if (new TextEncoder().encode(config).length > MAX_FILTER_BYTES) return `it has more than ${MAX_FILTER_BYTES} bytes`;
  const parameters = new Map<string, string>();
  for (const part of parts) {
    const [name = "", value, ...more] = part.split(":");
    if (value === undefined || more.length > 0) return `${JSON.stringify(part)} is not NAME:VALUE`;
    if (value !== "") parameters.set(name, value);
  }
  return parameters;
}

function problemOf(parameters: Parameters, { complete }: { readonly complete: boolean }): string | null {
  const unknown = [...parameters.keys()].find((name) => name !== "cols" && !DEFAULTS.has(name));
  if (unknown !== undefined) return `there is no parameter ${JSON.stringify(unknown)}, only cols, rows, layout and arq`;
  const layout = valueOf(parameters, "layout");
  if (!LAYOUTS.includes(layout)) return `layout must be ${LAYOUTS.join(" or ")}, not ${JSON.stringify(layout)}`;
  const arq = valueOf(parameters, "arq");
  if (!ARQ_LEVELS.includes(arq)) return `arq must be ${ARQ_LEVELS.join(" or ")}, not ${JSON.stringify(arq)}`;
  const columns = parameters.get("cols");
  if (columns === undefined && complete) return "cols is missing";
  return problemOfMatrix(columns ?? "2", valueOf(parameters, "rows"));
}

/** Checks `cols` and `rows`. A negative number of rows stands for columns alone. */
function problemOfMatrix(cols: string, rows: string): string | null {
  const [columns, lines] = [wholeNumber(cols), wholeNumber(rows)];
  if (columns === null || columns < 2) return `cols must be 2 or more, not ${JSON.stringify(cols)}`;
  if (lines === null || (lines < 1 && lines > -2)) {
    return `rows must be 1 or more, or -2 or less for columns alone, not ${JSON.stringify(rows)}`;
  }
  if (lines !== 1 && columns > MAX_COLUMNS) return `cols must be at most ${MAX_COLUMNS}, not ${columns}`;
  const packets = columns * Math.abs(lines);
  if (packets > MAX_MATRIX_PACKETS) {
    return `its matrix of ${columns} times ${
      Math.abs(lines)
    } packets is too large: at most ${MAX_MATRIX_PACKETS} in all`;
  }
  return null;
}

function valueOf(parameters: Parameters, name: string): string {
  return parameters.get(name) ?? DEFAULTS.get(name) ?? "";
}

/** Stricter than libsrt, which ignores everything after the first character that is not a digit. */
function wholeNumber(text: string): number | null {
  return /^-?\d{1,9}$/.test(text) ? Number(text) : null;
}
