/**
 * The conditions of `--expect`: `sessions=2`, `bytes>=10MB`, `rate>=4Mbps`, `stream=cam1`.
 *
 * @module
 */

import {
  type Expectation,
  type Operator,
  RUN_QUANTITIES,
  type RunQuantity,
  SESSION_QUANTITIES,
  type SessionQuantity,
  type Unit,
} from "../run/expectation.ts";
import { ValueError } from "./usage_error.ts";
import { parseAmount, parseDuration } from "./values.ts";

const UNITS: Readonly<Record<RunQuantity | SessionQuantity, Unit>> = { ...RUN_QUANTITIES, ...SESSION_QUANTITIES };

const EXAMPLES: Readonly<Record<Unit, string>> = {
  count: "a whole number, such as 2",
  bytes: "a size, such as 10MB",
  duration: "a time with its unit, such as 30s",
  rate: "a rate with its unit, such as 4Mbps",
  name: "the name of a stream, such as cam1",
};

/**
 * Reads one condition.
 *
 * @throws {ValueError}
 */
export function parseExpectation(text: string): Expectation {
  const [, name = "", sign = "", rest = ""] = /^\s*([a-z-]+)\s*(==|=|!=|>=|<=|>|<)\s*(.*?)\s*$/is.exec(text) ?? [];
  const quantity = name.toLowerCase();
  if (!isQuantity(quantity)) {
    throw problem(name === "" ? "it is not a condition" : `there is no quantity ${JSON.stringify(name)}`);
  }
  const operator = (sign === "==" ? "=" : sign) as Operator;
  if (quantity === "stream") {
    if (operator !== "=" && operator !== "!=") throw problem("a stream is compared with = or !=");
    if (rest === "") throw problem(`after ${operator} it needs ${EXAMPLES.name}`);
    return { text, quantity, operator, value: rest };
  }
  const unit = UNITS[quantity];
  const value = parseValue(rest, unit);
  if (value === null) throw problem(`after ${operator} it needs ${EXAMPLES[unit]}`);
  return { text, quantity, operator, value };
}

function isQuantity(name: string): name is keyof typeof UNITS {
  return Object.hasOwn(UNITS, name);
}

function parseValue(text: string, unit: Unit): number | null {
  switch (unit) {
    case "name":
      return null;
    case "count":
      return /^\d{1,15}$/.test(text) ? Number(text) : null;
    case "duration":
      return roundedMs(text);
    case "bytes":
    case "rate":
      return parseAmount(text, unit);
    default:
      return unit satisfies never;
  }
}

function roundedMs(text: string): number | null {
  const ms = parseDuration(text)?.ms ?? null;
  return ms === null ? null : Math.round(ms);
}

function problem(what: string): ValueError {
  return new ValueError(what, {
    hint: `quantities of the run: ${names(RUN_QUANTITIES)}; of each session: ${names(SESSION_QUANTITIES)}; ` +
      'compare with =, !=, >=, <=, > or <, in quotes: --expect "bytes>=10MB"',
  });
}

function names(quantities: object): string {
  return Object.keys(quantities).join(", ");
}
