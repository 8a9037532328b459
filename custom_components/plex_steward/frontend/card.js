// What the three cards share: their life in the dashboard, the subscription, the words, the dialogue.

import { h, patch } from "./dom.js";
import { STYLES } from "./styles.js";
import { wordsOf, wordsOfPage } from "./words.js";

const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLES);

const HOUSE = { integration: "plex_steward" };
const FIELDS = {
  title: { text: {} },
  server: { config_entry: HOUSE },
  library: { device: { filter: { ...HOUSE, model: "Library" } } },
  mirror: { device: { filter: { ...HOUSE, model: "Mirror" } } },
};

/** The form of a card's editor, in the language of the page. */
export async function form(...names) {
  const words = await wordsOfPage();
  return {
    schema: names.map((name) => ({ name, selector: FIELDS[name] })),
    computeLabel: ({ name }) => words[`edit_${name}`],
  };
}

export class StewardCard extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    this.config = {};
    this.data = undefined;
    this.failure = undefined;
    this.dialogue = undefined;
    this.said = "";
  }

  setConfig(config) {
    this.config = config ?? {};
    this.restart();
  }

  set hass(hass) {
    const first = !this._hass || this._hass.language !== hass.language;
    const again = this._hass && this._hass.connection !== hass.connection;
    this._hass = hass;
    if (first) {
      wordsOf(hass.language).then((words) => {
        this.words = words;
        this.draw();
      });
    }
    if (again) this.restart();
    else this.start();
  }

  get hass() {
    return this._hass;
  }

  get admin() {
    return Boolean(this._hass?.user?.is_admin);
  }

  get language() {
    return this._hass?.locale?.language ?? this._hass?.language ?? "en";
  }

  connectedCallback() {
    this.start();
    this.draw();
  }

  disconnectedCallback() {
    this.stop();
  }

  /** The websocket command to subscribe to; cards say which. */
  get subscription() {
    return undefined;
  }

  start() {
    if (this.unsubscribe || !this._hass || !this.isConnected || !this.subscription) return;
    const asked = this._hass.connection.subscribeMessage((data) => {
      this.data = data;
      this.failure = undefined;
      this.draw();
    }, this.subscription);
    this.unsubscribe = asked;
    asked.catch((error) => {
      if (this.unsubscribe === asked) this.unsubscribe = undefined;
      this.failure = error;
      this.draw();
    });
  }

  stop() {
    const asked = this.unsubscribe;
    this.unsubscribe = undefined;
    asked?.then((end) => end()).catch(() => undefined);
  }

  restart() {
    this.stop();
    this.data = undefined;
    this.start();
  }

  /** A text of the card's own, with `{placeholders}` filled in. */
  word(key, facts = {}) {
    const text = this.words?.[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
  }

  /** Call one of the integration's actions; an error is shown in its own, translated words. */
  async act(action, data, { response = false } = {}) {
    try {
      const answer = await this._hass.callService("plex_steward", action, data, undefined, false, response);
      return answer?.response;
    } catch (error) {
      this.tell(error?.message ?? String(error));
      return undefined;
    }
  }

  /** Say something once; screen readers hear it too. */
  tell(text) {
    this.said = text;
    this.draw();
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.said = "";
      this.draw();
    }, 10000);
  }

  draw() {
    if (!this.words || !this._hass) return;
    patch(this.shadowRoot, [
      h("ha-card", { "aria-label": this.title() },
        h("div.head", null, h("h2", null, this.title()), this.aside()),
        h("div.said", { role: "status", "aria-live": "polite" }, this.said),
        h("div.body", null, this.failure ? this.broken() : this.data ? this.body() : h("p.quiet", null, this.word("loading"))),
      ),
      this.dialogue ? this.drawDialogue() : h("span", { hidden: true }),
    ]);
    const dialogue = this.shadowRoot.querySelector("dialog");
    if (dialogue && !dialogue.open) dialogue.showModal();
  }

  broken() {
    return h("p.problem", { role: "alert" }, this.word(this.failure?.code === "unauthorized" ? "only_admins" : "failed"));
  }

  title() {
    return this.config.title ?? this.word(this.titleKey);
  }

  aside() {
    return null;
  }

  /** Ask before something is done, or show something long. */
  open(dialogue) {
    this.dialogue = dialogue;
    this.draw();
  }

  close() {
    this.dialogue = undefined;
    this.draw();
  }

  drawDialogue() {
    const { title, content, actions = [], wide = false } = this.dialogue;
    return h("dialog", { "aria-labelledby": "dialogue-title", class: wide ? "wide" : undefined, onclose: () => this.dialogue && this.close() },
      h("h3", { id: "dialogue-title" }, title),
      h("div.content", null, typeof content === "function" ? content() : content),
      h("div.buttons", null,
        h("button", { type: "button", onclick: () => this.close() }, this.word(actions.length ? "cancel" : "close")),
        actions.map(({ label, danger, run }) =>
          h("button", { type: "button", class: danger ? "danger" : "strong", onclick: () => run() }, label)),
      ),
    );
  }

  getCardSize() {
    return 4;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6 };
  }
}
