// What the library holds: quality, dynamic range and sound as bars, size, and how it grew.

import { form, StewardCard } from "./card.js";
import { h } from "./dom.js";
import { count, difference, range, resolution, size, sound } from "./format.js";

const CHARTS = [["resolution", resolution], ["dynamic_range", range], ["audio_profile", sound]];
const NUMBERS = ["items", "seasons", "episodes", "albums", "tracks"];
const MOST = 6;
const DAYS = 30;
const FRESH = 6 * 3600000;

export class LibraryCard extends StewardCard {
  titleKey = "libraries";

  static getConfigForm() {
    return form("title", "server", "library");
  }

  static getStubConfig() {
    return {};
  }

  get subscription() {
    return {
      type: "plex_steward/library",
      ...(this.config.server ? { config_entry_id: this.config.server } : {}),
      ...(this.config.library ? { device_id: this.config.library } : {}),
    };
  }

  body() {
    const libraries = this.data.libraries;
    if (!libraries.length) return h("p.quiet", null, this.word(this.data.away ? "server_gone" : "no_library"));
    return libraries.map((library) => this.library(library));
  }

  library(library) {
    this.learnGrowth(library);
    return h("section.library", { key: library.device_id, "aria-label": library.name },
      h("div.figures", null, h("strong", null, library.name), h("span.detail", null, this.figures(library).join(" · "))),
      library.read ? null : h("p.quiet", null, this.word("not_read")),
      CHARTS.map(([name, label]) => this.chart(library, name, label)),
      this.growth(library),
    );
  }

  /** "3 shows · 6 seasons · 35 episodes · 244 MB"; an empty library says so. */
  figures(library) {
    const counted = NUMBERS.filter((name) => library[name] || (name === "items" && library.read)).map((name) => {
      const special = `${name}_of_${library.kind}`;
      const word = this.word(special);
      return `${count(library[name], this.language)} ${word === special ? this.word(name) : word}`;
    });
    return library.size === null ? counted : [...counted, size(library.size, this.language)];
  }

  chart(library, name, label) {
    const all = Object.entries(library[name] ?? {}).filter(([, value]) => value > 0).sort((one, other) => other[1] - one[1]);
    if (all.every(([key]) => key === "unknown")) return null; // music has no picture
    const shown = all.length > MOST ? [...all.slice(0, MOST - 1), ["other", all.slice(MOST - 1).reduce((sum, [, value]) => sum + value, 0)]] : all;
    const total = all.reduce((sum, [, value]) => sum + value, 0);
    return h("div.chart", { role: "group", "aria-label": this.word(name) },
      h("div.caption", null, this.word(name)),
      h("div.slices", null, shown.map(([key, value]) => h("div.slice", { key },
        h("span", null, key === "other" || key === "unknown" ? this.word(key) : label(key)),
        h("div.bar", { "aria-hidden": "true" }, h("span", { style: `width:${(100 * value) / total}%` })),
        h("span.number", null, count(value, this.language))))),
    );
  }

  /** Ask the recorder for the size of the last 30 days, and again some hours later; without it there is just no chart. */
  learnGrowth(library) {
    this.grown ??= {};
    const known = this.grown[library.device_id];
    if (!library.size_entity || (known && Date.now() - known.asked < FRESH)) return;
    this.grown[library.device_id] = { asked: Date.now(), values: known?.values ?? [] };
    this.hass.callWS({
      type: "recorder/statistics_during_period",
      start_time: new Date(Date.now() - DAYS * 86400000).toISOString(),
      statistic_ids: [library.size_entity],
      period: "day",
      types: ["mean", "state"],
    }).then((answer) => {
      this.grown[library.device_id].values = (answer[library.size_entity] ?? [])
        .map((row) => row.state ?? row.mean)
        .filter((value) => value !== null && value !== undefined);
      this.draw();
    }, () => undefined);
  }

  growth(library) {
    const values = this.grown?.[library.device_id]?.values ?? [];
    const [low, high] = [Math.min(...values), Math.max(...values)];
    if (values.length < 2 || low === high) return null; // nothing grew: nothing to draw
    const change = values.at(-1) - values[0];
    const unit = this.hass.states[library.size_entity]?.attributes?.unit_of_measurement ?? "";
    return h("div.chart", null,
      h("div.caption.spread", null, h("span", null, this.word("growth")), h("span.number", null, difference(change, unit, this.language))),
      h("div.growth", { "aria-hidden": "true" },
        values.map((value) => h("span", { style: `height:${10 + (90 * (value - low)) / (high - low)}%` }))),
    );
  }
}
