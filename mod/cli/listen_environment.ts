/**
 * The environment variables of `listen`.
 *
 * @module
 */

/** Names of the environment variables that `listen` heeds; the options win over them. */
export interface ListenEnvironment {
  readonly SRT_SPLITTER_PASSPHRASE?: string | undefined;
  readonly SRT_SPLITTER_LIBSRT?: string | undefined;
}
