// The cards' words, one file a language, loaded when needed; what a language lacks is said in English.

import english from "./words/en.js";

const known = { en: Promise.resolve(english) };
const LANGUAGES = ["en", "de", "fr", "es", "nl"];
let last = english;

export function wordsOf(language) {
  const short = (language ?? "en").split("-")[0];
  const chosen = LANGUAGES.includes(short) ? short : "en";
  known[chosen] ??= import(`./words/${chosen}.js`).then(
    ({ default: words }) => ({ ...english, ...words }),
    () => english,
  );
  return known[chosen];
}

/** The words in the language of the page, as Home Assistant has set it. */
export const wordsOfPage = async () => (last = await wordsOf(document.documentElement.lang));

/** The same for those who cannot wait: English until the others have come. */
export const wordsNow = () => last;
