// Plex Steward's cards and dashboard strategy. Plain ES modules: what you read is what runs.

import { LibraryCard } from "./library-card.js";
import { MirrorCard } from "./mirror-card.js";
import { PlexStewardStrategy } from "./strategy.js";
import { StreamsCard } from "./streams-card.js";
import { wordsNow, wordsOfPage } from "./words.js";

const define = (name, type) => customElements.get(name) ?? customElements.define(name, type);

define("plex-steward-streams", StreamsCard);
define("plex-steward-mirror", MirrorCard);
define("plex-steward-library", LibraryCard);
define("ll-strategy-dashboard-plex-steward", PlexStewardStrategy);

const documentationURL = "https://github.com/plex-steward/plex-steward/blob/main/docs/guide.md#dashboard";

// Names are asked for when a list is shown: only then is the page's language certain.
wordsOfPage();
new MutationObserver(wordsOfPage).observe(document.documentElement, { attributeFilter: ["lang"] });

window.customCards ??= [];
for (const [type, word] of [["streams", "streams"], ["mirror", "mirrors"], ["library", "libraries"]]) {
  if (!window.customCards.some((card) => card.type === `plex-steward-${type}`)) {
    window.customCards.push({
      type: `plex-steward-${type}`,
      get name() { return `Plex Steward: ${wordsNow()[word]}`; },
      get description() { return wordsNow()[`about_${word}`]; },
      preview: true,
      documentationURL,
    });
  }
}

// Offers the dashboard where a new one is added.
window.customStrategies ??= [];
if (!window.customStrategies.some((strategy) => strategy.type === "plex-steward")) {
  window.customStrategies.push({
    type: "plex-steward",
    strategyType: "dashboard",
    name: "Plex Steward",
    get description() { return wordsNow().about_dashboard; },
    documentationURL,
  });
}
