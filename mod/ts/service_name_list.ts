/**
 * Names of services, as the SDT says them.
 *
 * @module
 */

import { parseSdt, type Section, type ServiceNames } from "./parse_section.ts";

/** Our choice: as many as services are kept at all. */
const MOST_SERVICES = 256;

/** One stream's names. */
export class ServiceNameList {
  readonly #names = new Map<number, ServiceNames>();
  /** Checksums of the sections taken, by section number. */
  readonly #crcs = new Map<number, number>();

  /** Takes a section of the SDT. */
  take({ number, crc, body }: Section): void {
    if (this.#crcs.get(number) === crc) return; // as it was
    this.#crcs.set(number, crc);
    for (const names of parseSdt(body)) {
      if (this.#names.size < MOST_SERVICES || this.#names.has(names.number)) this.#names.set(names.number, names);
    }
  }

  /** Names of a service; null each where none came. */
  of(service: number): Omit<ServiceNames, "number"> {
    const { name = null, provider = null } = this.#names.get(service) ?? {};
    return { name, provider };
  }
}
