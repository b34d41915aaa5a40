/**
 * Reads a target of `--udp`, such as `239.1.1.1:5000?ttl=4&iface=eth1`.
 *
 * @module
 */

import { parseTarget, type UdpTemplate } from "../recording/udp_template.ts";
import type { NamePart } from "../recording/name_template.ts";
import { parseParts } from "./name_template.ts";
import { quotedPart } from "./quoted_address.ts";
import { ValueError } from "./usage_error.ts";

const EXAMPLE = "write ADDRESS:PORT, such as 239.1.1.1:5000, [ff15::1]:5000 or 127.0.0.1:5000";
const SCHEME = /^udp:\/\//i;
/** The name of a network interface: at most 15 characters (linux/if.h). */
const INTERFACE = /^[^\s/:]{1,15}$/;
const MAX_TTL = 255;

/** Reads a target. It may begin with `udp://`, and with an `@` before the address, as in VLC. @throws {ValueError} */
export function parseUdpTemplate(text: string): UdpTemplate {
  const [address = "", ...query] = text.replace(SCHEME, "").split("?");
  const target = parseParts(address.replace(/^@(?=.*:)/, "").replace(/\/$/, ""), "{id.h}");
  const checked = parseTarget(exampleOf(target));
  if (typeof checked === "string") throw new ValueError(checked, { hint: EXAMPLE });
  return { target, ...parseQuery(query.join("?")) };
}

/** Returns the target with an example in place of each field, to check the rest of it. */
function exampleOf(target: readonly NamePart[]): string {
  const [first, second] = target;
  const startsWithHost = typeof first === "object" && typeof second === "string" && second.startsWith(":");
  return target.map((part, index) =>
    typeof part === "string" ? part : startsWithHost && index === 0 ? "127.0.0.1" : "1"
  ).join(
    "",
  );
}

function parseQuery(query: string): Omit<UdpTemplate, "target"> {
  let ttl: number | null = null;
  let name: string | null = null;
  for (const [key, value] of new URLSearchParams(query)) {
    switch (key.toLowerCase()) {
      case "ttl":
        if (!/^[1-9]\d{0,2}$/.test(value) || Number(value) > MAX_TTL) {
          throw new ValueError("its ttl is not a number from 1 to 255", { hint: "write ?ttl=4" });
        }
        ttl = Number(value);
        break;
      case "iface":
        if (!INTERFACE.test(value)) {
          throw new ValueError("its iface is not the name of a network interface", { hint: "write ?iface=eth1" });
        }
        name = value;
        break;
      default:
        throw new ValueError(`it has an unknown parameter ${quotedPart(key)}`, {
          hint: "the parameters are ttl and iface, as in ?ttl=4&iface=eth1",
        });
    }
  }
  return { ttl, interface: name };
}
