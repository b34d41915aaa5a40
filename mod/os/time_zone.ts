/**
 * The name of the machine's time zone. `Intl` has it too, but its first use takes 10 to 40 ms.
 *
 * @module
 */

/** The sources of the name. */
export interface TimeZoneSources {
  /** The environment variable `TZ`, if it is set. */
  readonly tz: string | undefined;
  /** Returns the target of the symbolic link `/etc/localtime`. Throws the errors of `Deno.readLinkSync`. */
  readonly readLink: () => string;
}

/**
 * Matches a time zone name of the IANA database, such as `Europe/Berlin` or `America/Argentina/Salta`, but not a rule such as
 * `CET-1CEST`.
 */
const NAME = /^(?:UTC|[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)+)$/;

/**
 * Returns the name of the time zone in the IANA database, such as `Europe/Berlin`; null if it is not known.
 *
 * @param sources Those of this machine if omitted.
 */
export function timeZoneName(sources: TimeZoneSources = systemSources()): string | null {
  const { tz, readLink } = sources;
  const zone = tz === undefined || tz === "" ? linked(readLink) : tz.replace(/^:/, "");
  if (zone === null) return null;
  const name = zone.replace(/^.*\/zoneinfo\/(?:posix\/|right\/)?/, "");
  return NAME.test(name) ? name : null;
}

function systemSources(): TimeZoneSources {
  return { tz: Deno.env.get("TZ"), readLink: () => Deno.readLinkSync("/etc/localtime") };
}

function linked(readLink: () => string): string | null {
  try {
    return readLink();
  } catch (error) {
    // without the file, local time is UTC; from a file that is not a link, the name cannot be read
    return error instanceof Deno.errors.NotFound ? "UTC" : null;
  }
}
