/**
 * The name of the machine's time zone. `Intl` knows it too, but takes 10 to 40 ms when it is used for the first time.
 *
 * @module
 */

/** What the name is found in. */
export interface TimeZoneSources {
  /** The environment variable `TZ`, if it is set. */
  readonly tz: string | undefined;
  /** Returns where the symbolic link `/etc/localtime` leads. Throws as `Deno.readLinkSync`. */
  readonly readLink: () => string;
}

/** A name of the IANA database, such as `Europe/Berlin` or `America/Argentina/Salta`, and not a rule such as `CET-1CEST`. */
const NAME = /^(?:UTC|[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)+)$/;

/** Returns the name as in the IANA database, such as `Europe/Berlin`; null if it is not known. `sources`: this machine's unless given. */
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
    // without the file, local time is UTC; a file that is not a link has no name
    return error instanceof Deno.errors.NotFound ? "UTC" : null;
  }
}
