/** Sources of settings for tests: an empty environment, and real configuration files. */
import { readConfigFile } from "../../mod/cli/config_file.ts";
import type { SettingSources } from "../../mod/cli/listen_settings.ts";

export const SOURCES: SettingSources = { env: {}, readConfig: readConfigFile };
