/**
 * The environment variables of `listen`.
 *
 * Called by: mod/cli, wherever settings are made.
 * Fails: never, types only.
 *
 * @module
 */

/** Names of the environment variables that `listen` heeds; the options win over them. */
export interface ListenEnvironment {
  readonly SRT_SPLITTER_PASSPHRASE?: string | undefined;
  readonly SRT_SPLITTER_LIBSRT?: string | undefined;
}
