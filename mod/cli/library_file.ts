/**
 * The libsrt that somebody named.
 *
 * Called by: mod/cli/listen_settings_of.ts for `--libsrt` and `SRT_SPLITTER_LIBSRT`, mod/cli/apply_config.ts for `libsrt`.
 * Fails: never; whether there is such a library is found out when it is opened.
 *
 * @module
 */

import { resolve } from "node:path";

/**
 * Makes a path absolute, as the children that load it run in the folder of recordings. A bare name such as `libsrt.so.1.5` stays
 * one, for the dynamic linker to look for (`dlopen(3)`: a slash makes the difference).
 *
 * @param folder What a relative path counts from; itself it may count from the working folder.
 */
export function libraryFile(name: string, folder: string): string {
  return name.includes("/") ? resolve(folder, name) : name;
}
