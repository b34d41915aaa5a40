/**
 * Amounts of bytes and rates as people type them: `10MB`, `4Mbps`, `2.5 Mbit/s`.
 *
 * @module
 */

const FACTORS: Readonly<Record<"bytes" | "rate", Readonly<Record<string, number>>>> = {
  bytes: { "": 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
  rate: {
    bps: 1,
    kbps: 1e3,
    mbps: 1e6,
    gbps: 1e9,
    "bit/s": 1,
    "kbit/s": 1e3,
    "mbit/s": 1e6,
    "gbit/s": 1e9,
  },
};

/**
 * Reads an amount, 0 or more.
 *
 * @param unit `bytes`: in bytes, with or without a unit; `rate`: in bit/s, always with one
 */
export function parseAmount(text: string, unit: "bytes" | "rate"): number | null {
  const [, digits, suffix = ""] = /^(\d{1,15}(?:\.\d{1,6})?)\s*([a-z/]*)$/i.exec(text) ?? [];
  const factors = FACTORS[unit];
  const name = suffix.toLowerCase();
  return digits === undefined || !Object.hasOwn(factors, name) ? null : Number(digits) * (factors[name] ?? 0);
}
