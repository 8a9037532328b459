// Plex Steward's cards and dashboard strategy. Plain ES modules: what you read is what runs.

import { LibraryCard } from "./library-card.js";
import { MirrorCard } from "./mirror-card.js";
import { PlexStewardStrategy } from "./strategy.js";
import { StreamsCard } from "./streams-card.js";

const define = (name, type) => customElements.get(name) ?? customElements.define(name, type);

define("plex-steward-streams", StreamsCard);
define("plex-steward-mirror", MirrorCard);
define("plex-steward-library", LibraryCard);
define("ll-strategy-dashboard-plex-steward", PlexStewardStrategy);

window.customCards ??= [];
for (const [type, name, description] of [
  ["plex-steward-streams", "Plex Steward: streams", "Who watches what on what; ends a stream politely"],
  ["plex-steward-mirror", "Plex Steward: mirror", "A mirror's last run, its plan, and the buttons"],
  ["plex-steward-library", "Plex Steward: library", "Quality, dynamic range, sound, size and growth"],
]) {
  if (!window.customCards.some((card) => card.type === type)) {
    window.customCards.push({ type, name, description, preview: true });
  }
}

// Offers the dashboard where a new one is added.
window.customStrategies ??= [];
if (!window.customStrategies.some((strategy) => strategy.type === "plex-steward")) {
  window.customStrategies.push({
    type: "plex-steward",
    strategyType: "dashboard",
    name: "Plex Steward",
    description: "Streams, mirrors and libraries of every server",
  });
}
