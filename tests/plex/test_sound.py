"""Audio profiles: a table of the rules."""

import pytest

from custom_components.plex_steward.plex.sound import (
    ATMOS,
    DTS_HD_HRA,
    DTS_HD_MA,
    DTS_X,
    TRUEHD,
    audio_profile,
    best,
)

STREAMS = [
    ({"codec": "truehd"}, TRUEHD),
    ({"codec": "truehd", "profile": "dolby truehd + dolby atmos"}, ATMOS),
    ({"codec": "eac3", "profile": "dolby digital plus + dolby atmos"}, ATMOS),
    ({"codec": "truehd", "displayTitle": "English (TRUEHD 7.1 + Atmos)"}, ATMOS),
    ({"codec": "truehd", "title": "TrueHD Atmos 7.1"}, ATMOS),
    ({"codec": "truehd", "title": "Surround 7.1", "displayTitle": "English (TRUEHD 7.1)"}, TRUEHD),
    ({"codec": "eac3", "title": "DDP 5.1 Atmos"}, ATMOS),
    ({"codec": "eac3", "title": "DDPA5.1"}, ATMOS),
    ({"codec": "eac3", "displayTitle": "English (EAC3 5.1)"}, "eac3"),
    ({"codec": "mlp"}, TRUEHD),
    ({"codec": "dca", "profile": "ma"}, DTS_HD_MA),
    ({"codec": "dca-ma"}, DTS_HD_MA),
    ({"codec": "dca", "profile": "MA"}, DTS_HD_MA),
    ({"codec": "dca", "profile": "ma", "title": "DTS:X 7.1"}, DTS_X),
    ({"codec": "dca", "profile": "ma", "title": "DTS-X"}, DTS_X),
    ({"codec": "dca", "profile": "ma", "displayTitle": "English (DTS-HD MA 7.1)", "title": "DTSX Master"}, DTS_X),
    ({"codec": "dca", "profile": "dts:x"}, DTS_X),
    ({"codec": "dca", "profile": "ma", "displayTitle": "English (DTS-HD MA 7.1)"}, DTS_HD_MA),
    ({"codec": "dca", "profile": "hra"}, DTS_HD_HRA),
    ({"codec": "dca", "profile": "es"}, "dts"),
    ({"codec": "dca", "profile": "dts"}, "dts"),
    ({"codec": "dca"}, "dts"),
    ({"codec": "dts"}, "dts"),
    ({"codec": "ac3"}, "ac3"),
    ({"codec": "aac", "profile": "lc"}, "aac"),
    ({"codec": "AAC"}, "aac"),
    ({"codec": "flac"}, "flac"),
    ({"codec": "alac"}, "alac"),
    ({"codec": "mp3"}, "mp3"),
    ({"codec": "opus"}, "opus"),
    ({"codec": "vorbis"}, "vorbis"),
    ({"codec": "pcm"}, "pcm"),
    ({"codec": "pcm_s24le"}, "pcm"),
    ({"codec": "wmapro"}, "wmapro"),
    # What a codec cannot hide, a title does not make of it.
    ({"codec": "aac", "title": "Downmix of the Atmos track"}, "aac"),
    ({"codec": "ac3", "title": "Compatibility track (TrueHD Atmos)"}, "ac3"),
    ({"codec": "truehd", "title": "DTS:X"}, TRUEHD),
    # No codec: titles speak.
    ({"displayTitle": "English (TrueHD 7.1 Atmos)"}, ATMOS),
    ({"displayTitle": "English (DTS-HD MA 7.1)"}, DTS_HD_MA),
    ({"displayTitle": "English (DTS 5.1)"}, "dts"),
    ({"displayTitle": "English (AAC Stereo)"}, "aac"),
    ({"displayTitle": "English"}, None),
    ({}, None),
    ({"codec": None, "profile": 3}, None),
    ({"codec": "", "displayTitle": "日本語 (FLAC Stereo)"}, "flac"),
]

NAMES = [
    ("M.2024.TrueHD.Atmos.7.1.mkv", ATMOS),
    ("M.2024.TrueHD.7.1.Atmos.mkv", ATMOS),
    ("M.2024.DDP5.1.Atmos.mkv", ATMOS),
    ("M.2024.DD+.Atmos.mkv", ATMOS),
    ("M.2024.EAC3.Atmos.mkv", ATMOS),
    ("M.2024.Atmos.mkv", ATMOS),
    ("M_2024_TrueHD_Atmos.mkv", ATMOS),
    ("M.2024.TrueHDAtmos.mkv", ATMOS),
    ("M.2024.DDPA5.1.mkv", ATMOS),
    ("M (2024) [Dolby Atmos].mkv", ATMOS),
    ("M (2024) [DolbyAtmos].mkv", ATMOS),
    ("M.2024.DTS-X.mkv", DTS_X),
    ("M.2024.DTS.X.mkv", DTS_X),
    ("M 2024 DTS:X.mkv", DTS_X),
    ("M.2024.DTSX.mkv", DTS_X),
    ("M.2024.DTS.X.7.1.mkv", DTS_X),
    ("M.2024.DTS-X.2160p.mkv", DTS_X),
    ("M 2024 DTS X 7.1.mkv", DTS_X),
    ("M.2024.DTS-HD.X.7.1.mkv", DTS_X),
    ("M_2024_DTS_X.mkv", DTS_X),
    ("M.2024.TrueHD.5.1.mkv", TRUEHD),
    ("M.2024.True-HD.mkv", TRUEHD),
    ("M 2024 true hd.mkv", TRUEHD),
    ("M.2024.TrueHD7.1.mkv", TRUEHD),
    ("M.2024.DTS-HD.MA.mkv", DTS_HD_MA),
    ("M.2024.DTS-HDMA.mkv", DTS_HD_MA),
    ("M.2024.DTS.HD.MA.mkv", DTS_HD_MA),
    ("M.2024.DTSHDMA.mkv", DTS_HD_MA),
    ("M.2024.DTS-HD-MA.mkv", DTS_HD_MA),
    ("M.2024.DTS-MA.5.1.mkv", DTS_HD_MA),
    ("M 2024 DTS-HD Master Audio.mkv", DTS_HD_MA),
    ("M.2024.DTS-HD.HRA.mkv", DTS_HD_HRA),
    ("M.2024.DTS-HD.HR.5.1.mkv", DTS_HD_HRA),
    ("M.2024.DTS.mkv", "dts"),
    ("M.2024.DTS-ES.mkv", "dts"),
    ("M.2024.DTS5.1.mkv", "dts"),
    ("M.2024.DDP5.1.mkv", "eac3"),
    ("M.2024.DD+5.1.mkv", "eac3"),
    ("M.2024.E-AC-3.mkv", "eac3"),
    ("M.2024.EAC3.mkv", "eac3"),
    ("M.2024.DD5.1.mkv", "ac3"),
    ("M.2024.AC3.mkv", "ac3"),
    ("M.2024.AC-3.mkv", "ac3"),
    ("M.2024.AAC2.0.mkv", "aac"),
    ("M.2024.HE-AAC.mkv", "aac"),
    ("M.2024.FLAC.2.0.mkv", "flac"),
    ("M.2024.LPCM.2.0.mkv", "pcm"),
    ("M.2024.PCM.mkv", "pcm"),
    ("M.2024.Opus.mkv", "opus"),
    ("M.mp3", None),
    # False friends.
    ("M.2024.DTS.x264.mkv", "dts"),
    ("M.2024.DTS.X264-GRP.mkv", "dts"),
    ("M.2024.DTS.x265.mkv", "dts"),
    ("M.2024.DTS.x.264.mkv", "dts"),
    ("M.2024.DTS-XYZ.mkv", "dts"),
    ("M 2024 DTS x 2.mkv", "dts"),
    ("M.2024.DTS.XviD.avi", "dts"),
    ("Atmosphere.2024.mkv", None),
    ("Truehdaughter.2024.mkv", None),
    ("M.2024.DDR.mkv", None),
    ("M.2024.WEBRip.mkv", None),
    ("Macaac.mkv", None),
    (r"D:\Atmos\M.mkv", None),
    (r"D:\Films\M.2024.DTS-X.mkv", DTS_X),
    ("/films/TrueHD/M.mkv", None),
    ("/films/old.ac3", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("stream", "expected"), STREAMS)
def test_streams(stream, expected):
    assert audio_profile(stream) == expected


@pytest.mark.parametrize(("file", "expected"), NAMES)
def test_file_names(file, expected):
    assert audio_profile({}, file) == expected


@pytest.mark.parametrize(
    ("stream", "file", "expected"),
    [
        ({"codec": "aac"}, "M.Atmos.mkv", "aac"),
        ({"codec": "truehd"}, "M.DTS-X.mkv", TRUEHD),
        ({"displayTitle": "English (AC3 5.1)"}, "M.Atmos.mkv", "ac3"),
        ({"displayTitle": "English"}, "M.Atmos.mkv", ATMOS),
    ],
)
def test_the_file_name_speaks_last(stream, file, expected):
    assert audio_profile(stream, file) == expected


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        (["ac3", ATMOS, "aac"], ATMOS),
        ([DTS_HD_MA, DTS_X], DTS_X),
        (["aac", "wmapro"], "aac"),
        (["wmapro", "cook"], "cook"),
        ([None, "mp3"], "mp3"),
        ([], None),
    ],
)
def test_the_best_of_several(profiles, expected):
    assert best(profiles) == expected
