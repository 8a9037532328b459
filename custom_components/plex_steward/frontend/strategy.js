// A dashboard for every server, its libraries and mirrors, without any configuration. Home Assistant gives a strategy five
// seconds to be there: a page loads this module by itself, and it imports nothing before it is asked.

const NUMBERS = ["streams", "transcode_streams", "bandwidth_lan", "bandwidth_wan"];
const HOUSE = [
  "connectivity", "maintenance", "preroll", "activity", "last_housekeeping",
  "empty_trash", "clean_bundles", "optimize_database", "scan_libraries",
];
const OWN_NAME = [{ type: "entity" }];
const SHORT = { bandwidth_lan: "LAN", bandwidth_wan: "WAN" };
const full = { grid_options: { columns: "full" } };

class PlexStewardStrategy extends HTMLElement {
  static async generate(_config, hass) {
    const [{ servers }, { wordsOf }] = await Promise.all([
      hass.callWS({ type: "plex_steward/overview" }), import("./words.js"),
    ]);
    const words = await wordsOf(hass.language);
    const views = servers.map((server) => this.view(server, servers.length, words));
    return { title: "Plex Steward", views: views.length ? views : [this.empty(words)] };
  }

  static empty(words) {
    return {
      title: "Plex Steward",
      icon: "mdi:plex",
      cards: [{ type: "markdown", content: `${words.no_server}\n\n[${words.set_up}](/config/integrations/dashboard/add?domain=plex_steward)` }],
    };
  }

  static view(server, number, words) {
    const has = (keys) => keys.map((key) => server.entities[key]).filter(Boolean);
    const house = has(HOUSE);
    const sections = [
      {
        type: "grid",
        cards: [
          { type: "custom:plex-steward-streams", server: server.entry_id, ...full },
          ...NUMBERS.filter((key) => server.entities[key]).map((key) => ({
            type: "tile", entity: server.entities[key], name: words[`tile_${key}`] ?? SHORT[key] ?? OWN_NAME,
          })),
        ],
      },
      {
        type: "grid",
        cards: [
          ...server.mirrors.map((mirror) => ({ type: "custom:plex-steward-mirror", mirror: mirror.device_id, ...full })),
          house.length ? { type: "entities", title: words.house, entities: house.map((entity) => ({ entity, name: OWN_NAME })), ...full } : undefined,
        ].filter(Boolean),
      },
      { type: "grid", cards: [{ type: "custom:plex-steward-library", server: server.entry_id, ...full }] },
    ];
    return {
      title: server.title,
      path: number > 1 ? server.entry_id.toLowerCase() : "home",
      icon: "mdi:plex",
      type: "sections",
      max_columns: 3,
      sections,
    };
  }
}

// The frontend brings a registry of elements of its own; what is defined before it is there is lost to it.
const NAME = "ll-strategy-dashboard-plex-steward";
customElements.whenDefined("home-assistant").then(
  () => window.customElements.get(NAME) ?? window.customElements.define(NAME, PlexStewardStrategy));
