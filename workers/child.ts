/**
 * The main module of a child that is started from source. With main.ts, a child would load the module graph of every command,
 * which costs 6 ms of processor time and 2 MB of memory for each session. An executable starts its children with main.ts, without
 * that cost.
 *
 * @module
 */

import { openProcess } from "./process.ts";
import { runChild } from "./session.ts";

if (import.meta.main) Deno.exit(await runChild(Deno.args, openProcess()));
