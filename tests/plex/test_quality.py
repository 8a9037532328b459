"""Resolution class and dynamic range: a table of the rules."""

import pytest

from custom_components.plex_steward.plex.quality import (
    DynamicRange,
    PictureRange,
    base_name,
    dynamic_range,
    resolution,
)

DV, PLUS, HDR10, HLG, SDR = DynamicRange

# Attributes of a stream -> kind, Dolby Vision profile, fallback. Taken from servers of several ages.
ATTRIBUTES = [
    ({"DOVIPresent": True, "DOVIProfile": 5, "DOVIBLCompatID": 0, "bitDepth": 10}, DV, 5, None),
    ({"DOVIPresent": "1", "DOVIProfile": "5", "DOVIBLCompatID": "0"}, DV, 5, None),
    ({"DOVIPresent": True, "DOVIProfile": 5}, DV, 5, None),
    ({"DOVIPresent": True, "DOVIProfile": 7, "DOVIBLCompatID": 6, "colorTrc": "smpte2084"}, DV, 7, HDR10),
    ({"DOVIPresent": True, "DOVIProfile": 8, "DOVIBLCompatID": 1, "colorTrc": "smpte2084"}, DV, 8, HDR10),
    ({"DOVIPresent": True, "DOVIProfile": 8, "DOVIBLCompatID": 2, "colorTrc": "bt709"}, DV, 8, SDR),
    ({"DOVIPresent": True, "DOVIProfile": 8, "DOVIBLCompatID": 4, "colorTrc": "arib-std-b67"}, DV, 8, HLG),
    ({"DOVIPresent": True, "DOVIProfile": 8, "DOVIBLCompatID": 1, "HDR10PlusPresent": True}, DV, 8, PLUS),
    ({"DOVIPresent": True, "DOVIProfile": 8, "colorTrc": "smpte2084"}, DV, 8, HDR10),
    ({"DOVIPresent": True, "DOVIProfile": 9, "DOVIBLCompatID": 2, "bitDepth": 8}, DV, 9, SDR),
    ({"DOVIProfile": 8, "colorTrc": "smpte2084"}, DV, 8, HDR10),
    ({"DOVIPresent": True}, DV, None, None),
    ({"DOVIPresent": False, "DOVIProfile": 8, "colorTrc": "smpte2084"}, HDR10, None, None),
    ({"DOVIPresent": "0", "colorTrc": "bt709", "bitDepth": 8}, SDR, None, None),
    ({"HDR10PlusPresent": True, "colorTrc": "smpte2084", "bitDepth": 10}, PLUS, None, None),
    ({"HDR10PlusPresent": "1"}, PLUS, None, None),
    ({"HDR10PlusPresent": False, "colorTrc": "smpte2084"}, HDR10, None, None),
    ({"colorTrc": "smpte2084", "colorPrimaries": "bt2020", "bitDepth": "10"}, HDR10, None, None),
    ({"colorTrc": "SMPTE2084"}, HDR10, None, None),
    ({"colorTrc": "arib-std-b67", "bitDepth": 10}, HLG, None, None),
    ({"colorTrc": "bt709", "bitDepth": 10}, SDR, None, None),
    ({"colorTrc": "bt2020-10", "colorPrimaries": "bt2020"}, SDR, None, None),
    ({"colorTrc": "smpte170m"}, SDR, None, None),
    ({"bitDepth": 8, "codec": "h264"}, SDR, None, None),
    ({"bitDepth": "8", "displayTitle": "1080p (H.264)"}, SDR, None, None),
    ({"codec": "hevc", "bitDepth": 10}, SDR, None, None),
    ({}, SDR, None, None),
    # The measurement is silent: titles speak.
    ({"displayTitle": "4K DoVi/HDR10+"}, DV, None, PLUS),
    ({"displayTitle": "4K DoVi/HDR10", "bitDepth": 10}, DV, None, HDR10),
    ({"displayTitle": "4K HDR10 (HEVC Main 10)"}, HDR10, None, None),
    ({"displayTitle": "4K (HEVC Main 10 HDR)"}, HDR10, None, None),
    ({"displayTitle": "4K HLG (HEVC Main 10)"}, HLG, None, None),
    ({"displayTitle": "4K (HEVC Main 10)", "extendedDisplayTitle": "4K Dolby Vision (HEVC Main 10)"}, DV, None, None),
    ({"displayTitle": "1080p (H.264)", "title": "HDR10+ remaster"}, PLUS, None, None),
    ({"displayTitle": "1080p (H.264)"}, SDR, None, None),
    ({"colorTrc": "unknown", "displayTitle": "4K HDR10"}, HDR10, None, None),
    # The measurement wins over titles.
    ({"colorTrc": "bt709", "displayTitle": "4K HDR10"}, SDR, None, None),
    ({"colorTrc": "smpte2084", "title": "Dolby Vision"}, HDR10, None, None),
    ({"DOVIPresent": True, "DOVIProfile": 8, "displayTitle": "1080p SDR"}, DV, 8, None),
    # Odd values do no harm.
    ({"DOVIPresent": "yes", "DOVIProfile": "eight"}, DV, None, None),
    ({"bitDepth": "ten", "colorTrc": None}, SDR, None, None),
    ({"colorTrc": 16, "bitDepth": -1}, SDR, None, None),
]

# File names, for streams that say nothing of their colours.
NAMES = [
    ("/films/M (2024)/M.2024.DV.mkv", DV),
    ("M.2024.DoVi.2160p.mkv", DV),
    ("M.2024.DOVI.HDR.mkv", DV),
    ("M.2024.Dolby.Vision.mkv", DV),
    ("M.2024.Dolby-Vision.mkv", DV),
    ("M.2024.Dolby_Vision.mkv", DV),
    ("M (2024) [DolbyVision].mkv", DV),
    ("M (2024) - [DV HDR10].mkv", DV),
    ("M (2024) [DV][HDR10+].mkv", DV),
    ("M_2024_DV_HDR_2160p.mkv", DV),
    ("M 2024 2160p DV.mkv", DV),
    ("M.2024.DVP8.2160p.mkv", DV),
    ("M.2024.2160p.WEB-DL.DV.H.265.mkv", DV),
    ("M.2024.HDR10+.mkv", PLUS),
    ("M (2024) [HDR10+].mkv", PLUS),
    ("M.2024.HDR10+.x265.mkv", PLUS),
    ("M.2024.HDR10Plus.mkv", PLUS),
    ("M.2024.HDR10P.mkv", PLUS),
    ("M.2024.HDR10.Plus.mkv", PLUS),
    ("M.2024.HDR-10+.mkv", PLUS),
    ("M 2024 hdr 10 plus.mkv", PLUS),
    ("M.2024.HDR10.mkv", HDR10),
    ("M.2024.hdr.10.mkv", HDR10),
    ("M 2024 HDR 10.mkv", HDR10),
    ("M.2024.HDR-10.mkv", HDR10),
    ("M_2024_HDR10_.mkv", HDR10),
    ("M.2024.HDR.mkv", HDR10),
    ("M (2024) (HDR).mkv", HDR10),
    ("M.2024.HDR.10bit.x265.mkv", HDR10),
    ("M.2024.UHDR.mkv", HDR10),
    ("M.2024.PQ.mkv", HDR10),
    ("M.2024.SMPTE2084.mkv", HDR10),
    ("M.2024.SMPTE.ST.2084.mkv", HDR10),
    ("M.2024.HLG.mkv", HLG),
    ("M.2024.HLG10.mkv", HLG),
    ("M - HLG - 2160p.mkv", HLG),
    ("M.2024.SDR.mkv", SDR),
    ("M.2024.2160p.mkv", SDR),
    # Windows paths: folders are not asked.
    (r"D:\HDR\M.mkv", SDR),
    (r"D:\Films\DV\M (2024)\M.mkv", SDR),
    (r"D:\Films\M.2024.HDR10+.mkv", PLUS),
    (r"\\nas\Films\M.2024.DV.mkv", DV),
    ("/films/Dolby Vision/M.mkv", SDR),
    # False friends.
    ("/camcorder/old.dv", SDR),
    ("/camcorder/1998.DV.dv", DV),
    ("M.2024.HDRip.mkv", SDR),
    ("M.2024.HDRip.x264.AC3.avi", SDR),
    ("M.2024.UHD.BluRay.mkv", SDR),
    ("M.2024.DVDRip.mkv", SDR),
    ("M.2024.DVD9.mkv", SDR),
    ("M.2024.HDTV.mkv", SDR),
    ("M.1998.MiniDV.avi", SDR),
    ("M.1998.DV.Rip.avi", SDR),
    ("M.1998.DV-Cam.avi", SDR),
    ("M.1998.HDV.mkv", SDR),
    ("David.DVorak.2024.mkv", SDR),
    ("M.2024.10bit.mkv", SDR),
    ("M.2024.HDR2SDR.mkv", SDR),
    ("M.2024.ADV.mkv", SDR),
    ("The.PQR.File.mkv", SDR),
    ("Shdr.2024.mkv", SDR),
    ("映画.2024.HDR10.mkv", HDR10),
    ("фильм_DV_2024.mkv", DV),
    ("", SDR),
    (None, SDR),
]


@pytest.mark.parametrize(("stream", "kind", "profile", "fallback"), ATTRIBUTES)
def test_attributes_and_titles(stream, kind, profile, fallback):
    assert dynamic_range(stream) == PictureRange(kind, profile, fallback)


@pytest.mark.parametrize(("file", "kind"), NAMES)
def test_file_names(file, kind):
    assert dynamic_range({"codec": "hevc"}, file).kind is kind


@pytest.mark.parametrize(
    ("stream", "file", "kind"),
    [
        ({"colorTrc": "bt709"}, "M.DV.HDR10.mkv", SDR),
        ({"colorTrc": "smpte2084"}, "M.SDR.mkv", HDR10),
        ({"colorTrc": "arib-std-b67"}, "M.HDR10.mkv", HLG),
        ({"bitDepth": 8}, "M.HDR.mkv", SDR),
        ({"displayTitle": "4K HLG"}, "M.HDR10.mkv", HLG),
        ({"bitDepth": 10}, "M.HDR10.mkv", HDR10),
        ({"bitDepth": 10, "displayTitle": "4K (HEVC Main 10)"}, "M.DV.mkv", DV),
    ],
)
def test_the_file_name_speaks_last(stream, file, kind):
    assert dynamic_range(stream, file).kind is kind


@pytest.mark.parametrize(
    ("name", "profile", "fallback"),
    [
        ("M.DV.P8.HDR10.mkv", 8, HDR10),
        ("M.DoVi.P7.mkv", 7, None),
        ("M.Dolby.Vision.Profile.5.mkv", 5, None),
        ("M.DV.HDR10+.mkv", None, PLUS),
        ("M.DVP8.1.HLG.mkv", 8, HLG),
    ],
)
def test_a_name_may_tell_profile_and_fallback(name, profile, fallback):
    assert dynamic_range({}, name) == PictureRange(DV, profile, fallback)


@pytest.mark.parametrize(
    ("said", "width", "height", "expected"),
    [
        ("4k", None, None, "4k"),
        ("4K", 1920, 1080, "4k"),
        ("1080", None, None, "1080p"),
        ("1080p", None, None, "1080p"),
        ("1080i", None, None, "1080p"),
        ("720p", None, None, "720p"),
        ("576", None, None, "576p"),
        ("480", None, None, "480p"),
        ("sd", None, None, "sd"),
        ("SD", None, None, "sd"),
        ("2k", None, None, "1440p"),
        (None, 7680, 4320, "8k"),
        (None, 3840, 2160, "4k"),
        (None, 3840, 1600, "4k"),
        (None, 2880, 2160, "4k"),
        (None, 2560, 1440, "1440p"),
        (None, 2048, 1080, "1080p"),
        (None, 1920, 1080, "1080p"),
        (None, 1920, 800, "1080p"),
        (None, 1440, 1080, "1080p"),
        (None, 1080, 1920, "1080p"),
        (None, 1280, 720, "720p"),
        (None, 1280, 534, "720p"),
        (None, 960, 720, "720p"),
        (None, 720, 576, "576p"),
        (None, 720, 480, "480p"),
        (None, 640, 360, "480p"),
        (None, 320, 240, "sd"),
        (None, None, None, None),
        ("nonsense", None, None, None),
        ("nonsense", 1280, 720, "720p"),
        (None, 1920, None, "1080p"),
        (None, None, 720, "720p"),
    ],
)
def test_resolution(said, width, height, expected):
    assert resolution(said, width, height) == expected


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a/b/M.mkv", "M"),
        (r"C:\a\b\M.2024.mkv", "M.2024"),
        ("M", "M"),
        (".hidden", ".hidden"),
        ("/a/M.2024.Director's Cut", "M.2024.Director's Cut"),
        (None, None),
        ("", None),
    ],
)
def test_base_name(path, name):
    assert base_name(path) == name
