// Numbers and media facts as people read them.

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Bytes in decimal units, as Home Assistant counts them. */
export function size(bytes, language) {
  let value = Number(bytes) || 0;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = value < 10 && unit > 0 ? 1 : 0;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value)} ${UNITS[unit]}`;
}

/** A difference of two sizes given in a unit: "+40 MB". */
export function difference(value, unit, language) {
  const power = UNITS.indexOf(unit);
  const amount = power < 0 ? `${count(Math.abs(value), language)} ${unit}` : size(Math.abs(value) * 1000 ** power, language);
  return `${value < 0 ? "−" : "+"}${amount}`;
}

/** kbit/s as Mbit/s. */
export const rate = (kbits, language) =>
  `${new Intl.NumberFormat(language, { maximumFractionDigits: kbits < 10000 ? 1 : 0 }).format(kbits / 1000)} Mbit/s`;

export const count = (value, language) => new Intl.NumberFormat(language).format(value);

/** Seconds as 1:02:03 or 2:03. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A moment relative to now: "5 minutes ago", "in 2 hours". */
export function ago(moment, language) {
  const seconds = (new Date(moment).getTime() - Date.now()) / 1000;
  const steps = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const [unit, length] = steps.find(([, step]) => Math.abs(seconds) >= step) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.trunc(seconds / length), unit);
}

const CODECS = { hevc: "HEVC", h264: "H.264", av1: "AV1", vp9: "VP9", mpeg2video: "MPEG-2", mpeg4: "MPEG-4", vc1: "VC-1" };
const RANGES = {
  dolby_vision: "Dolby Vision", hdr10_plus: "HDR10+", hdr10plus: "HDR10+", hdr10: "HDR10", hlg: "HLG", hdr: "HDR", sdr: "SDR",
};
const SOUNDS = {
  dolby_atmos: "Atmos", atmos: "Atmos", dolby_truehd: "TrueHD", truehd: "TrueHD", dts_x: "DTS:X", dts_hd_ma: "DTS-HD MA",
  dts_hd_hra: "DTS-HD HRA", dca: "DTS", dts: "DTS", eac3: "EAC3", ac3: "AC3", aac: "AAC", flac: "FLAC", mp3: "MP3", opus: "Opus",
  vorbis: "Vorbis", pcm: "PCM",
};

export const resolution = (name) =>
  !name ? "" : /^\d+$/.test(name) ? `${name}p` : name.length <= 3 ? name.toUpperCase() : name;
export const range = (name) => RANGES[name] ?? name ?? "";
export const sound = (name) => SOUNDS[name] ?? (name ?? "").replaceAll("_", " ").toUpperCase();

/** "4K HEVC HDR10". */
export function picture(video) {
  if (!video) return "";
  const dynamic = video.dynamic_range && video.dynamic_range !== "sdr" ? range(video.dynamic_range) : "";
  return [resolution(video.resolution), CODECS[video.codec] ?? video.codec?.toUpperCase(), dynamic].filter(Boolean).join(" ");
}

/** "TrueHD 7.1"; what the server adds in brackets, as in "5.1(side)", says nothing to people. */
export const track = (audio) =>
  audio ? [sound(audio.profile ?? audio.codec), audio.layout?.replace(/\(.*\)/, "")].filter(Boolean).join(" ") : "";
