/**
 * The files that a run writes for others: `--ready-file`, `--junit` and `--summary`.
 *
 * @module
 */

import type { ScriptingSettings } from "../mod/cli/scripting_options.ts";
import type { FinalReport } from "../mod/outcome/final_report.ts";
import { ReportFile, ReportFileError } from "../mod/outcome/report_file.ts";
import { summaryJson } from "../mod/outcome/summary_json.ts";
import type { ListeningEvent } from "../mod/vocabulary/events.ts";

/** The files of one run. */
export class RunReports {
  readonly #junit: ReportFile | null;
  readonly #summary: ReportFile | null;
  readonly #ready: ReportFile | null;
  readonly #warn: (text: string) => void;
  #failed = false;

  private constructor({ junit, summary, readyFile }: ScriptingSettings, warn: (text: string) => void) {
    const prepare = (path: string | null) => path === null ? null : ReportFile.prepare(path);
    this.#junit = prepare(junit);
    this.#summary = prepare(summary);
    this.#ready = prepare(readyFile);
    this.#warn = warn;
  }

  /**
   * Sees to it that the files can be written.
   *
   * @param warn Is told of a file that cannot be written later. Must not throw.
   * @throws {ReportFileError}
   */
  static prepare(settings: ScriptingSettings, warn: (text: string) => void): RunReports {
    return new RunReports(settings, warn);
  }

  /** Whether one could not be written. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Callers can come. */
  writeReady(listening: ListeningEvent): void {
    this.#write(this.#ready, () => `${JSON.stringify(listening, null, 2)}\n`);
  }

  /** The run is over. */
  async writeFinal(report: FinalReport): Promise<void> {
    this.#write(this.#summary, () => summaryJson(report));
    if (this.#junit === null) return;
    const { junitXml } = await import("../mod/outcome/junit_xml.ts");
    this.#write(this.#junit, () => junitXml(report));
  }

  #write(file: ReportFile | null, text: () => string): void {
    try {
      file?.write(text());
    } catch (error) {
      if (!(error instanceof ReportFileError)) throw error;
      this.#failed = true;
      this.#warn(error.text);
    }
  }
}
