/**
 * The page: reads everything once a second, and shows it.
 *
 * @module
 */

/// <reference lib="dom" />

import type { AnsweredBan } from "../../handoff/control_message.ts";
import type { SplitterEvent } from "../../vocabulary/events.ts";
import { order, readSnapshot, request, RequestError, type Snapshot } from "./api.ts";
import { confirmLift, confirmOrder } from "./dialogs.ts";
import { find, setShown, setText } from "./dom.ts";
import type { Rate } from "./graph_path.ts";
import { recordingText, sumsText } from "./head_text.ts";
import { showBans, showEvents, showRefused } from "./lists.ts";
import { Tiles } from "./tiles.ts";
import { tileViews } from "./tile_view.ts";

/** How often everything is read, in ms. */
const READ_MS = 1000;
/** Maximum number of events and of rates of a session that are kept: as many as the web process keeps. */
const MAX_EVENTS = 200;
const MAX_RATES = 150;

/** The page. */
class Page {
  #folder: string | null = null;
  #position: string | null = null;
  /** Whether requests need a token, so that there is a login; null: not known yet. */
  #needsToken: boolean | null = null;
  #events: readonly SplitterEvent[] = [];
  #rates = new Map<string, readonly Rate[]>();
  readonly #tiles = new Tiles(find("#tiles"), (kind, view) => confirmOrder({ kind, view, folder: this.#folder }));

  /** Reads and shows the state again and again. Never returns. */
  async run(): Promise<never> {
    this.#prepare();
    while (true) {
      try {
        this.#show(
          await readSnapshot(this.#position),
          (await request<{ readonly bans: readonly AnsweredBan[] }>("api/bans")).bans,
        );
        this.#showProblem(null);
      } catch (error) {
        // a page that stopped here would continue to show an old state
        if (!(error instanceof RequestError)) reportError(error);
        this.#showProblem(error instanceof RequestError ? error : new RequestError("this page has failed"));
      }
      await new Promise((resolve) => setTimeout(resolve, READ_MS));
    }
  }

  #prepare(): void {
    const startSound = async () => {
      await this.#tiles.startSound();
      setShown(find("#levels"), !this.#tiles.hasSound);
    };
    for (const event of ["click", "keydown"]) document.addEventListener(event, () => void startSound());
    setShown(find("#levels"), true);
    find("#logout").addEventListener("click", async () => {
      try {
        await order("logout");
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        this.#showProblem(error);
      }
    });
    const form = find<HTMLFormElement>("#login");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await order("login", { body: { token: new FormData(form).get("token") } });
        form.reset();
        setText(find("#login [role=alert]"), "");
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        setText(find("#login [role=alert]"), error.message);
      }
    });
  }

  #show({ state, sessions, history, nowMs }: Snapshot, bans: readonly AnsweredBan[]): void {
    this.#folder = state.listening.out;
    this.#remember(history);
    if (this.#needsToken === null) void this.#findOutToken();
    setShown(find("#logout"), this.#needsToken === true);
    const { port, addresses, pulls } = state.listening;
    const place = port === 0 ? "record" : `port ${port}`;
    setText(find("#address"), place);
    find("#address").title = [...addresses.map(({ address }) => address), ...pulls.map(({ listener }) => listener)]
      .join(", ");
    const recording = recordingText(state);
    setText(find("#recording"), recording.text);
    find("#recording").className = recording.kind;
    setText(find("#sums"), sumsText(state, sessions));
    const views = tileViews({ state, sessions });
    const inTrouble = views.filter(({ isInTrouble }) => isInTrouble).length;
    const title = `srt-splitter ${port === 0 ? place : `:${port}`}`;
    document.title = inTrouble === 0 ? title : `(${inTrouble}) ${title}`;
    setText(find("#empty"), port === 0 ? "Waiting for a listener to answer" : `Waiting for callers on ${place}`);
    setShown(find("#empty"), views.length === 0);
    this.#tiles.update(views, { ratesOf: (session) => this.#rates.get(session) ?? [], nowMs });
    showBans(bans, confirmLift);
  }

  /** Reads whether requests need a token. */
  async #findOutToken(): Promise<void> {
    this.#needsToken = false;
    try {
      const { security } = await request<{ readonly security: readonly unknown[] }>("api/openapi.json");
      this.#needsToken = security.length > 0;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#needsToken = null; // it is read again
    }
  }

  #remember({ complete, position, events, rates }: Snapshot["history"]): void {
    if (complete) {
      this.#events = [];
      this.#rates = new Map();
    }
    this.#position = position;
    for (const rate of rates) {
      this.#rates.set(rate.session, [...this.#rates.get(rate.session) ?? [], rate].slice(-MAX_RATES));
    }
    if (events.length === 0 && !complete) return;
    for (const event of events) if (event.event === "session-end") this.#rates.delete(event.session);
    this.#events = [...this.#events, ...events].slice(-MAX_EVENTS);
    showEvents(this.#events, this.#folder);
    showRefused(this.#events);
  }

  /** Shows that nothing can be read, or that it can be read again (null). */
  #showProblem(error: RequestError | null): void {
    const needsLogin = error?.status === 401;
    setShown(find("#login"), needsLogin);
    setShown(find("#main"), !needsLogin);
    if (needsLogin) {
      setShown(find("#logout"), false);
      this.#tiles.update([], { ratesOf: () => [], nowMs: 0 }); // pictures and sound end with the login
    }
    const banner = find("#banner");
    setShown(banner, error !== null && !needsLogin);
    document.body.classList.toggle("stale", error !== null);
    if (error === null || needsLogin) return;
    setText(banner, `${error.message}: nothing on this page is up to date. Trying again …`);
  }
}

await new Page().run();
