/**
 * The name that `ps`, `top` and `killall` show of this process.
 *
 * @module
 */

import { type Libc, toCString } from "./libc.ts";

/** linux/prctl.h */
const PR_SET_NAME = 15;

/** Sets the name; the kernel keeps its first 15 bytes. */
export function setProcessName(libc: Libc, name: string): void {
  libc.symbols.prctl(PR_SET_NAME, toCString(name));
}
