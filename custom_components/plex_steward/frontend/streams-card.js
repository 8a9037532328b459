// Who watches what on what, how it gets there, and a polite way to end it.

import { form, StewardCard } from "./card.js";
import { h } from "./dom.js";
import { ago, clock, picture, rate, track } from "./format.js";

export class StreamsCard extends StewardCard {
  titleKey = "streams";

  static getConfigForm() {
    return form("title", "server");
  }

  static getStubConfig() {
    return {};
  }

  get subscription() {
    return { type: "plex_steward/streams", ...(this.config.server ? { config_entry_id: this.config.server } : {}) };
  }

  connectedCallback() {
    super.connectedCallback();
    this.tick = setInterval(() => this.data && this.draw(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.tick);
    super.disconnectedCallback();
  }

  aside() {
    const streams = (this.data?.servers ?? []).flatMap((server) => server.streams);
    const total = streams.reduce((sum, stream) => sum + (stream.bandwidth ?? 0), 0);
    return streams.length ? h("span.detail", null, rate(total, this.language)) : null;
  }

  body() {
    const servers = this.data.servers;
    if (!servers.length) return h("p.quiet", null, this.word("no_server"));
    return servers.map((server) => [
      servers.length > 1 ? h("h3", null, server.title) : null,
      server.available ? null : h("p.problem", null, this.word("server_gone")),
      server.maintenance?.on ? this.banner(server) : null,
      server.available && !server.streams.length ? h("p.quiet", null, this.word("nobody")) : null,
      server.streams.map((stream) => this.row(server, stream)),
    ]);
  }

  banner(server) {
    const { ends, waiting } = server.maintenance;
    const left = ends ? (new Date(ends).getTime() - Date.now()) / 1000 : undefined;
    const text = waiting ? "maintenance_waits" : left === undefined ? "maintenance_on" : "maintenance_left";
    // A timer, not a status: it is read when asked for, not every second.
    return h("div.banner", null,
      h("span", { role: "timer" }, this.word(text, { left: left === undefined ? "" : clock(left) })),
      this.admin ? h("button", { type: "button", onclick: () => this.act("stop_maintenance", { config_entry_id: server.entry_id }) },
        this.word("maintenance_end")) : null,
    );
  }

  row(server, stream) {
    const { played, duration } = this.position(stream);
    const share = duration ? Math.min(100, (100 * played) / duration) : 0;
    const square = stream.kind === "track";
    return h("div.row", { key: `${server.entry_id}/${stream.session}`, role: "group", "aria-label": stream.title },
      stream.image
        ? h(square ? "img.poster.square" : "img.poster", { src: stream.image, alt: "", loading: "lazy" })
        : h(square ? "div.poster.square" : "div.poster", { "aria-hidden": "true" }),
      h("div", null,
        h("div.top", null,
          h("div", null,
            h("div.name", { title: stream.title }, stream.title),
            h("div.detail.short", null, [stream.user, stream.player].filter(Boolean).join(" · "))),
          this.admin && stream.can_end
            ? h("button", { type: "button", "aria-label": this.word("end_label", { title: stream.title }), onclick: () => this.ask(server, stream) }, this.word("end"))
            : null),
        h("div.bar", { role: "progressbar", "aria-label": this.word("played"), "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(share) },
          h("span", { style: `width:${share}%` })),
        h("div.times", null, h("span", null, this.stateOf(stream)), h("span", null, duration ? `${clock(played)} / ${clock(duration)}` : clock(played))),
        h("div.badges", null, this.badges(stream)),
        h("div.detail", null, this.way(stream)),
      ),
    );
  }

  /** Seconds played now: the player's last report plus the time since, while it plays. */
  position(stream) {
    const duration = stream.duration ?? undefined;
    const since = stream.state === "playing" && stream.reported ? Date.now() / 1000 - stream.reported : 0;
    const played = (stream.offset ?? 0) + Math.max(0, since);
    return { played: duration ? Math.min(played, duration) : played, duration };
  }

  stateOf(stream) {
    if (stream.state === "paused" && stream.since) return this.word("paused_since", { since: ago(stream.since, this.language) });
    return this.word(`state_${stream.state}`);
  }

  badges(stream) {
    const place = stream.location ? this.word(`location_${stream.location}`) : "";
    return [
      h(`span.badge.${stream.decision}`, null, this.word(stream.decision)),
      stream.hardware ? h("span.badge", { title: this.word("hardware_title") }, this.word("hardware")) : null,
      h("span.detail", null, [stream.bandwidth ? rate(stream.bandwidth, this.language) : "", place].filter(Boolean).join(" · ")),
    ];
  }

  /** What the file is and, where it differs, what the player gets: "4K HEVC, TrueHD 7.1 → 720p H.264, AAC stereo". */
  way(stream) {
    const [from, to] = [stream.source, stream.delivered].map(
      (content) => [picture(content?.video), track(content?.audio)].filter(Boolean).join(", "));
    return from && to && to !== from ? `${from} → ${to}` : from;
  }

  ask(server, stream) {
    let reason = this.word("end_reason");
    this.open({
      title: this.word("end_question", { title: stream.title, user: stream.user ?? this.word("somebody") }),
      content: () => h("label", null, this.word("end_reason_label"),
        h("input", {
          type: "text",
          ".defaultValue": reason,
          maxlength: 200,
          oninput: (event) => { reason = event.target.value; },
          onkeydown: (event) => { if (event.key === "Enter" && !event.isComposing) this.end(server, stream, reason); },
        })),
      actions: [{ label: this.word("end"), danger: true, run: () => this.end(server, stream, reason) }],
    });
  }

  async end(server, stream, reason) {
    this.close();
    const answer = await this.act("terminate_session", { config_entry_id: server.entry_id, session: stream.session, reason }, { response: true });
    if (!answer) return;
    const outcome = answer.streams?.[0]?.outcome ?? "gone";
    this.tell(this.word(`outcome_${outcome}`, { title: stream.title }));
  }
}
