// A mirror: its last run, what would change, and the buttons; losses and refusals in words.

import { form, StewardCard } from "./card.js";
import { h } from "./dom.js";
import { ago, count } from "./format.js";

const MANY = 200;

/** A path as it is below its title's folder, which stands above it already. */
const below = (path, folder) => (path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path);

export class MirrorCard extends StewardCard {
  titleKey = "mirrors";

  static getConfigForm() {
    return form("title", "mirror");
  }

  static getStubConfig() {
    return {};
  }

  get subscription() {
    return { type: "plex_steward/mirrors", ...(this.config.mirror ? { device_id: this.config.mirror } : {}) };
  }

  title() {
    const only = this.data?.mirrors?.length === 1 ? this.data.mirrors[0].name : undefined;
    return this.config.title ?? (only ? this.word("mirror_named", { name: only }) : this.word("mirrors"));
  }

  body() {
    const mirrors = this.data.mirrors;
    if (!mirrors.length) return h("p.quiet", null, this.word(this.data.away ? "server_gone" : "no_mirror"));
    return mirrors.map((mirror) => h("section.library", { key: mirror.device_id, "aria-label": mirror.name },
      mirrors.length > 1 ? h("h3", null, mirror.name) : null,
      this.state(mirror),
      this.figures(mirror),
      this.buttons(mirror)));
  }

  state(mirror) {
    if (mirror.status === "running") {
      const share = mirror.total ? (100 * mirror.done) / mirror.total : 0;
      return h("div", null,
        h("div.detail", null, this.word(`stage_${mirror.stage ?? "starting"}`)),
        h("div.bar", { role: "progressbar", "aria-label": this.word("progress"), "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(share) },
          h("span", { style: `width:${share}%` })),
        h("div.times", null, h("span", null, mirror.total ? `${count(mirror.done, this.language)} / ${count(mirror.total, this.language)}` : "")));
    }
    if (mirror.status === "refused") {
      return h("div.problem", { role: "alert" },
        h("div", null, this.refusal(mirror)),
        this.admin ? h("div.buttons.start", null,
          h("button", { type: "button", onclick: () => this.navigate("/config/repairs") }, this.word("look_and_approve"))) : null);
    }
    if (mirror.status === "failed") return h("p.problem", { role: "alert" }, this.refusal(mirror) || this.word("status_failed"));
    return h("div", null, this.word(`status_${mirror.status ?? "idle"}`));
  }

  /** Why the guard said no, in words; what we have no words for is said in its own. */
  refusal(mirror) {
    if (!mirror.refusal) return mirror.status === "refused" ? this.word("refused") : "";
    const told = this.word(`refusal_${mirror.refusal}`);
    return told === `refusal_${mirror.refusal}` ? `${this.word("refused")} (${mirror.refusal.replaceAll("_", " ")})` : told;
  }

  figures(mirror) {
    const last = mirror.last;
    const lines = [
      last ? [this.word("last_run"), `${this.word(`operation_${last.operation}`)}, ${ago(last.finished, this.language)}`] : null,
      last ? [this.word("changed"), count(last.changed ?? 0, this.language)] : null,
      mirror.linked === null ? null : [this.word("linked"), count(mirror.linked, this.language)],
      mirror.pending === null ? null : [this.word("pending"), count(mirror.pending, this.language)],
      mirror.strays ? [this.word("strays"), count(mirror.strays, this.language)] : null,
      mirror.losses ? [this.word("losses"), count(mirror.losses, this.language)] : null,
      mirror.problems ? [this.word("problems"), count(mirror.problems, this.language)] : null,
    ].filter(Boolean);
    return h("dl", null, lines.map(([name, value]) => [h("dt", null, name), h("dd", null, value)]));
  }

  buttons(mirror) {
    if (!this.admin) return null;
    const busy = mirror.status === "running";
    const button = (word, run, kind = "") => h(`button${kind}`, { type: "button", disabled: busy, onclick: run }, this.word(word));
    return h("div.buttons.start", null,
      busy
        ? h("button", { type: "button", onclick: () => this.cancel(mirror) }, this.word("cancel_run"))
        : button("sync", () => this.run(mirror, "sync_mirror"), ".strong"),
      button("diff", () => this.run(mirror, "diff_mirror")),
      button("plan", () => this.plan(mirror)),
      button("undo", () => this.askUndo(mirror)));
  }

  async run(mirror, action, data = {}) {
    const answer = await this.act(action, { mirror: mirror.device_id, ...data }, { response: true });
    if (!answer) return;
    const { outcome } = answer;
    const changed = answer.summary ? (answer.summary.files_updated ?? 0) + (answer.summary.files_removed ?? 0) : 0;
    this.tell(this.word(`told_${outcome}`, { name: mirror.name, changed: count(changed, this.language) }));
  }

  cancel(mirror) {
    if (mirror.cancel_entity) this.hass.callService("button", "press", { entity_id: mirror.cancel_entity });
  }

  askUndo(mirror) {
    this.open({
      title: this.word("undo_question", { name: mirror.name }),
      content: h("p", null, this.word("undo_explained")),
      actions: [{ label: this.word("undo"), danger: true, run: () => { this.close(); this.run(mirror, "undo_mirror"); } }],
    });
  }

  async plan(mirror) {
    this.open({ title: this.word("plan_of", { name: mirror.name }), content: h("p.quiet", null, this.word("loading")), wide: true });
    const answer = await this.act("plan_mirror", { mirror: mirror.device_id }, { response: true });
    if (!answer) {
      this.close();
      return;
    }
    const changing = (answer.movies ?? []).filter((title) => title.actions?.length || title.strays?.length || title.drops?.length || title.clashes?.length);
    const sync = () => { this.close(); this.run(mirror, "sync_mirror"); };
    this.open({
      title: this.word("plan_of", { name: mirror.name }),
      wide: true,
      content: [
        h("p", null, changing.length || answer.strays?.length ? this.word("plan_some", { titles: changing.length }) : this.word("plan_nothing")),
        changing.slice(0, MANY).map((title) => this.planned(title)),
        changing.length > MANY ? h("p.quiet", null, this.word("plan_more", { rest: changing.length - MANY })) : null,
        answer.strays?.length ? h("details", null,
          h("summary", null, `${this.word("strays")}: ${count(answer.strays.length, this.language)}`),
          h("ul.lines", null, answer.strays.slice(0, MANY).map((stray) => h("li", null, stray.path ?? stray)))) : null,
      ],
      actions: [{ label: this.word("sync"), run: sync }],
    });
  }

  planned(title) {
    const line = (verb, what, why) => h("li.told", null,
      h("span.verb", null, this.word(verb)), h("span", null, what, why ? h("span.detail", null, ` – ${why}`) : null));
    const own = (path) => below(path, title.target_folder);
    return h("details", { key: title.target_folder },
      h("summary", null, `${title.target_folder} · ${count((title.actions?.length ?? 0) + (title.strays?.length ?? 0), this.language)}`),
      h("ul.lines", null,
        (title.actions ?? []).map(({ action, target, reason }) => line(`verb_${action}`, own(target), this.word(`why_${reason}`))),
        (title.strays ?? []).map((stray) => line("stray", own(stray.path ?? stray))),
        (title.drops ?? []).map((loss) => line("loss", loss.value, loss.reason)),
        (title.clashes ?? []).map((clash) => line("clash", clash.target_filename ?? clash.target))));
  }

  navigate(path) {
    history.pushState(null, "", path);
    window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
  }
}
