// Colours and sizes come from the theme; nothing here knows light from dark.

export const STYLES = `
:host { display: block; }
ha-card { padding: 16px; overflow: hidden; container-type: inline-size; }
h2 { margin: 0; color: var(--ha-card-header-color, var(--primary-text-color)); font-family: var(--ha-card-header-font-family, inherit);
  font-size: var(--ha-card-header-font-size, var(--ha-font-size-2xl, 24px)); font-weight: var(--ha-font-weight-normal, 400);
  line-height: 1.3; overflow-wrap: anywhere; }
h3 { font-size: 1.1rem; font-weight: 500; margin: 0 0 12px; }
.head { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; flex-wrap: wrap; margin-bottom: 8px; }
.quiet, .detail { color: var(--secondary-text-color); }
.quiet { margin: 8px 0; }
.said:empty { display: none; }
.said { margin: 4px 0 8px; padding: 8px 12px; border-radius: 8px; background: var(--secondary-background-color); }
.problem { margin: 8px 0; padding: 10px 12px; border-radius: 8px; color: var(--primary-text-color);
  border-inline-start: 4px solid var(--error-color); background: color-mix(in srgb, var(--error-color) 10%, transparent); }
.banner { display: flex; gap: 12px; align-items: center; justify-content: space-between; flex-wrap: wrap; margin: 8px 0; padding: 10px 12px;
  border-radius: 8px; border-inline-start: 4px solid var(--warning-color); font-variant-numeric: tabular-nums;
  background: color-mix(in srgb, var(--warning-color) 14%, transparent); }
.row { display: grid; grid-template-columns: 48px minmax(0, 1fr); gap: 12px; padding: 12px 0; align-items: start; }
.row + .row { border-top: 1px solid var(--divider-color); }
.poster { width: 48px; height: 72px; object-fit: cover; border-radius: 6px; background: var(--secondary-background-color); }
.poster.square { height: 48px; }
.top { display: flex; justify-content: space-between; align-items: start; gap: 8px; }
.top > :first-child { min-width: 0; }
.name { font-weight: 500; }
.name, .detail.short { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; overflow-wrap: anywhere; hyphens: auto; }
.detail { font-size: .9rem; overflow-wrap: anywhere; }
.badges { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; margin: 6px 0 2px; }
.badge { --tone: var(--divider-color); font-size: .8rem; padding: 2px 8px; border-radius: 10px; color: var(--primary-text-color);
  border: 1px solid var(--tone); background: color-mix(in srgb, var(--tone) 14%, transparent); }
.badge.direct_play { --tone: var(--success-color); }
.badge.direct_stream { --tone: var(--info-color); }
.badge.transcode { --tone: var(--warning-color); }
.bar { height: 6px; border-radius: 3px; background: var(--divider-color); overflow: hidden; margin-top: 8px; }
.bar > span { display: block; height: 100%; background: var(--primary-color); transition: width 1s linear; }
.times { display: flex; justify-content: space-between; font-size: .8rem; color: var(--secondary-text-color); margin-top: 2px; }
.buttons { display: flex; flex-wrap: wrap; gap: 6px; justify-content: flex-end; margin-top: 12px; }
.buttons.start { justify-content: flex-start; }
button { font: inherit; font-size: .9rem; min-height: 36px; padding: 6px 12px; flex: none; border-radius: 18px; cursor: pointer;
  border: 1px solid var(--divider-color); background: transparent; color: var(--primary-text-color); }
button:hover { background: var(--secondary-background-color); }
button:focus-visible, summary:focus-visible { outline: 2px solid var(--primary-color); outline-offset: 2px; }
button:disabled { opacity: .5; cursor: default; }
button.strong { background: var(--primary-color); border-color: var(--primary-color); color: var(--text-primary-color, #fff); }
button.danger { border-color: var(--error-color); background: color-mix(in srgb, var(--error-color) 14%, transparent); }
dialog { border: none; border-radius: 16px; padding: 20px; width: min(440px, calc(100vw - 32px)); box-sizing: border-box; max-height: 85vh;
  flex-direction: column; color: var(--primary-text-color); background: var(--card-background-color, var(--ha-card-background, #fff)); }
dialog[open] { display: flex; }
dialog .content { overflow: auto; min-height: 0; padding: 2px; margin: -2px; }
dialog.wide { width: min(820px, calc(100vw - 32px)); }
dialog::backdrop { background: rgba(0, 0, 0, .5); }
label { display: block; font-size: .9rem; color: var(--secondary-text-color); }
input { font: inherit; width: 100%; box-sizing: border-box; margin-top: 4px; padding: 10px; border-radius: 8px; color: var(--primary-text-color);
  border: 1px solid var(--divider-color); background: var(--secondary-background-color); }
input:focus { outline: 2px solid var(--primary-color); outline-offset: -1px; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 12px; margin: 8px 0; }
dt { color: var(--secondary-text-color); }
dd { margin: 0; text-align: end; }
details { margin: 6px 0; border: 1px solid var(--divider-color); border-radius: 8px; padding: 6px 10px; }
summary { cursor: pointer; overflow-wrap: anywhere; }
.lines { list-style: none; margin: 6px 0 2px; padding: 0; font-size: .85rem; }
.lines li { padding: 3px 0; overflow-wrap: anywhere; }
.told { display: grid; grid-template-columns: 5.5em minmax(0, 1fr); gap: 8px; }
.verb { font-weight: 500; }
.lines .detail { font-size: inherit; }
.library + .library { margin-top: 16px; padding-top: 12px; border-top: 1px solid var(--divider-color); }
.figures { display: flex; justify-content: space-between; align-items: baseline; column-gap: 12px; flex-wrap: wrap; }
.chart { margin-top: 10px; }
.chart .caption { font-size: .85rem; color: var(--secondary-text-color); margin-bottom: 4px; }
.slices { display: grid; grid-template-columns: fit-content(40%) minmax(0, 1fr) auto; column-gap: 8px; }
.slice { display: grid; grid-template-columns: subgrid; grid-column: 1 / -1; align-items: center; font-size: .85rem; padding: 2px 0; }
.slice > :first-child { min-width: 84px; }
.slice .bar { margin: 0; }
.number { text-align: end; font-variant-numeric: tabular-nums; }
.spread { display: flex; justify-content: space-between; gap: 8px; }
.growth { display: flex; align-items: flex-end; gap: 2px; height: 36px; }
.growth > span { flex: 1; min-width: 0; border-radius: 2px 2px 0 0; background: var(--primary-color); }
@media (prefers-reduced-motion: reduce) { .bar > span { transition: none; } }
`;
