"""The tables of the inventory: one SQLite file for one server.

Raise `VERSION` with any change: a file of another version is rebuilt by reading the server again, never migrated.
"""

from typing import Final

APPLICATION: Final = 0x504C5357
"""Marks the file as ours ("PLSW")."""
VERSION: Final = 2

SCHEMA: Final = """
CREATE TABLE library (
  id INTEGER PRIMARY KEY,
  uuid TEXT NOT NULL UNIQUE,
  key TEXT NOT NULL,
  title TEXT NOT NULL,
  type TEXT NOT NULL,
  sweep INTEGER NOT NULL DEFAULT 0, -- number of the last full read
  changed INTEGER,           -- contentChangedAt of the last complete refresh
  swept_at REAL              -- epoch seconds of the last time every key was seen
);
CREATE TABLE progress (      -- a full read that has begun and may have been interrupted
  library INTEGER NOT NULL REFERENCES library (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  position INTEGER NOT NULL, -- how many items of the listing are in the store
  total INTEGER NOT NULL,
  sweep INTEGER NOT NULL,
  gate INTEGER NOT NULL,
  PRIMARY KEY (library, kind)
) WITHOUT ROWID;
CREATE TABLE item (
  id INTEGER PRIMARY KEY,    -- ratingKey
  library INTEGER NOT NULL REFERENCES library (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,        -- movie, show, season, episode, artist, album, track
  parent INTEGER, grandparent INTEGER,
  title TEXT NOT NULL, sort_title TEXT NOT NULL, original_title TEXT, parent_title TEXT, show_title TEXT,
  season INTEGER, episode INTEGER,
  year INTEGER, edition TEXT, rating REAL, studio TEXT, content_rating TEXT,
  genres TEXT,               -- |Action|Drama|
  duration INTEGER,          -- ms
  added INTEGER, updated INTEGER, plays INTEGER NOT NULL, played INTEGER,
  imdb TEXT, tmdb TEXT, tvdb TEXT,
  versions INTEGER NOT NULL, size INTEGER NOT NULL, bitrate INTEGER,
  resolution TEXT, dynamic_range TEXT, audio_profile TEXT, -- the best of all versions
  search TEXT NOT NULL,      -- titles, folded (see `columns.fold`)
  sweep INTEGER NOT NULL     -- number of the last full read that saw it
);
CREATE TABLE look (          -- what many versions have in common: texts are compared once for all of them
  id INTEGER PRIMARY KEY,    -- made of the rest
  resolution TEXT, dynamic_range TEXT, video_codec TEXT, container TEXT,
  audio_profiles TEXT, audio_codecs TEXT, audio_languages TEXT, subtitle_languages TEXT -- |a|b|
);
CREATE TABLE version (       -- without optimised versions
  item INTEGER NOT NULL, id INTEGER,
  alone INTEGER NOT NULL,    -- 1 when the item has no other version
  look INTEGER NOT NULL, bitrate INTEGER, size INTEGER NOT NULL,
  width INTEGER, height INTEGER, video_profile TEXT, frame_rate REAL, bit_depth INTEGER,
  dolby_vision_profile INTEGER, fallback TEXT, duration INTEGER,
  audio TEXT NOT NULL, subtitles TEXT NOT NULL -- JSON lists, every stream of the first part
);
CREATE TABLE part (
  item INTEGER NOT NULL, library INTEGER NOT NULL, version INTEGER, id INTEGER,
  file TEXT, size INTEGER NOT NULL,
  mark INTEGER NOT NULL      -- equal for the same file in one library: several episodes may share one
);
CREATE INDEX item_changes ON item (library, kind, updated);
CREATE INDEX item_quality ON item (library, kind, resolution, dynamic_range, audio_profile);
CREATE INDEX item_plays ON item (library, kind, played, plays);
CREATE INDEX item_added ON item (added);
CREATE INDEX item_title ON item (sort_title);
CREATE INDEX item_search ON item (search, kind); -- walked in place of the table, which is much bigger
CREATE INDEX version_item ON version (item, look, alone, size, bitrate);
CREATE INDEX version_look ON version (look, alone, size, bitrate, item); -- breakdowns need no sorting
CREATE INDEX part_item ON part (item);
CREATE INDEX part_mark ON part (library, mark, size);
"""

ITEM: Final = (
    *("id", "library", "kind", "parent", "grandparent", "title", "sort_title", "original_title", "parent_title"),
    *("show_title", "season", "episode", "year", "edition", "rating", "studio", "content_rating", "genres", "duration"),
    *("added", "updated", "plays", "played", "imdb", "tmdb", "tvdb", "versions", "size", "bitrate", "resolution"),
    *("dynamic_range", "audio_profile", "search", "sweep"),
)
LOOK: Final = (
    *("id", "resolution", "dynamic_range", "video_codec", "container"),
    *("audio_profiles", "audio_codecs", "audio_languages", "subtitle_languages"),
)
VERSION_COLUMNS: Final = (
    *("item", "id", "alone", "look", "bitrate", "size", "width", "height", "video_profile", "frame_rate"),
    *("bit_depth", "dolby_vision_profile", "fallback", "duration", "audio", "subtitles"),
)
PROGRESS: Final = ("library", "kind", "position", "total", "sweep", "gate")
PART: Final = ("item", "library", "version", "id", "file", "size", "mark")


def insert(table: str, columns: tuple[str, ...], known: str = "REPLACE") -> str:
    """Return the statement that writes a row; `known`: what to do when it is there (`REPLACE`, `IGNORE`)."""
    places = ", ".join("?" * len(columns))
    return f"INSERT OR {known} INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608 - names from above
