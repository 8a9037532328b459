// Plex Steward's cards. Plain ES modules: what you read is what runs. The dashboard strategy is a module of its own.

import "./offers.js";

const define = (name, type) => window.customElements.get(name) ?? window.customElements.define(name, type);

// The frontend brings a registry of elements, and a base class, of its own: cards that come before them are never drawn.
customElements.whenDefined("home-assistant").then(() => {
  import("./streams-card.js").then(({ StreamsCard }) => define("plex-steward-streams", StreamsCard));
  import("./mirror-card.js").then(({ MirrorCard }) => define("plex-steward-mirror", MirrorCard));
  import("./library-card.js").then(({ LibraryCard }) => define("plex-steward-library", LibraryCard));
});
