// What is offered in the card picker and where a new dashboard is added.

import { wordsNow, wordsOfPage } from "./words.js";

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
