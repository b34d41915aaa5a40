/**
 * Socket options of libsrt: numbers, C types, and their encoding in native byte order.
 *
 * Names are those of SRT URIs (`rcvlatency`, `passphrase`), without the prefix `SRTO_`.
 *
 * @module
 */

/** Number (`enum SRT_SOCKOPT`) and C type of each option; source: libsrt `docs/API/API-socket-options.md`. */
export const SRT_OPTIONS = {
  sndsyn: [1, "bool"],
  rcvsyn: [2, "bool"],
  isn: [3, "int32"],
  fc: [4, "int32"],
  rcvbuf: [6, "int32"],
  snddata: [19, "int32"],
  event: [18, "int32"],
  rcvdata: [20, "int32"],
  tsbpdmode: [22, "bool"],
  latency: [23, "int32"],
  passphrase: [26, "text"],
  pbkeylen: [27, "int32"],
  ipttl: [29, "int32"],
  iptos: [30, "int32"],
  tlpktdrop: [31, "bool"],
  snddropdelay: [32, "int32"],
  nakreport: [33, "bool"],
  peerversion: [35, "int32"],
  conntimeo: [36, "int32"],
  drifttracer: [37, "bool"],
  rcvkmstate: [41, "int32"],
  lossmaxttl: [42, "int32"],
  rcvlatency: [43, "int32"],
  peerlatency: [44, "int32"],
  minversion: [45, "int32"],
  streamid: [46, "text"],
  payloadsize: [49, "int32"],
  transtype: [50, "int32"],
  kmrefreshrate: [51, "int32"],
  kmpreannounce: [52, "int32"],
  enforcedencryption: [53, "bool"],
  peeridletimeo: [55, "int32"],
  packetfilter: [60, "text"],
} as const;

/** Name of an option. */
export type OptionName = keyof typeof SRT_OPTIONS;

/** The TypeScript type of an option's value. */
export type OptionValue<Name extends OptionName> = {
  readonly bool: boolean;
  readonly int32: number;
  readonly text: string;
}[(typeof SRT_OPTIONS)[Name][1]];

/** Longest text of an option (`SRTO_STREAMID`), in bytes. */
export const MAX_OPTION_BYTES = 512;

/** `SRT_SOCKOPT` number of an option. */
export function optionNumber(name: OptionName): number {
  return SRT_OPTIONS[name][0];
}

/**
 * Encodes a value for `srt_setsockflag`. Text is UTF-8 without a final NUL: `srt_setsockflag` has a parameter for
 * its length in bytes.
 *
 * @throws {RangeError} A number that is not an int32; text over 512 bytes or with a NUL. The text itself is not quoted: it may be
 * a passphrase.
 */
export function encodeOption(name: OptionName, value: boolean | number | string): Uint8Array<ArrayBuffer> {
  switch (typeof value) {
    case "boolean":
      return new Uint8Array([value ? 1 : 0]);
    case "number":
      if (value !== (value | 0)) throw new RangeError(`cannot encode option ${name}: ${value} is not an int32`);
      return new Uint8Array(Int32Array.of(value).buffer);
    case "string": {
      const bytes = new TextEncoder().encode(value);
      if (bytes.length > MAX_OPTION_BYTES) {
        throw new RangeError(`cannot encode option ${name}: ${bytes.length} bytes are more than ${MAX_OPTION_BYTES}`);
      }
      if (bytes.includes(0)) throw new RangeError(`cannot encode option ${name}: it contains a NUL`);
      return bytes;
    }
  }
}

/**
 * Decodes what `srt_getsockflag` wrote.
 *
 * @param bytes Exactly the bytes that libsrt wrote (its `optlen`); a bool is 1 byte, or 4 if libsrt widens it.
 */
export function decodeOption<Name extends OptionName>(name: Name, bytes: Uint8Array): OptionValue<Name>;
export function decodeOption(name: OptionName, bytes: Uint8Array): boolean | number | string {
  switch (SRT_OPTIONS[name][1]) {
    case "bool":
      return bytes.some((byte) => byte !== 0);
    case "int32":
      return new Int32Array(bytes.slice(0, 4).buffer)[0] ?? 0;
    case "text":
      return new TextDecoder().decode(bytes);
  }
}
