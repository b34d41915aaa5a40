/**
 * The libsrt that somebody named.
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
