// A dashboard for every server, its libraries and mirrors, without any configuration.

const tile = (entity, extra = {}) => ({ type: "tile", entity, name: [{ type: "entity" }], ...extra });

export class PlexStewardStrategy extends HTMLElement {
  static async generate(_config, hass) {
    const { servers } = await hass.callWS({ type: "plex_steward/overview" });
    return { title: "Plex Steward", views: servers.length ? servers.map((server) => this.view(server, servers.length)) : [this.empty()] };
  }

  static empty() {
    return {
      title: "Plex Steward",
      icon: "mdi:plex",
      cards: [{ type: "markdown", content: "[Plex Steward](/config/integrations/integration/plex_steward)" }],
    };
  }

  static view(server, number) {
    const has = (key) => server.entities[key];
    const tiles = (...keys) => keys.filter(has).map((key) => tile(server.entities[key]));
    const sections = [
      {
        type: "grid",
        cards: [
          { type: "custom:plex-steward-streams", server: server.entry_id, grid_options: { columns: "full" } },
          ...tiles("streams", "transcode_streams", "bandwidth_lan", "bandwidth_wan"),
        ],
      },
      {
        type: "grid",
        cards: [
          ...server.mirrors.map((mirror) => ({ type: "custom:plex-steward-mirror", mirror: mirror.device_id, grid_options: { columns: "full" } })),
          { type: "heading", heading: server.title, icon: "mdi:broom" },
          ...tiles("connectivity", "maintenance", "preroll", "activity", "last_housekeeping", "empty_trash", "clean_bundles", "optimize_database", "scan_libraries"),
        ],
      },
      { type: "grid", cards: [{ type: "custom:plex-steward-library", server: server.entry_id, grid_options: { columns: "full" } }] },
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
