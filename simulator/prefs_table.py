"""The preferences of a server, as far as anybody asks for them."""

from __future__ import annotations

from dataclasses import dataclass

type Value = str | int | float | bool


@dataclass(slots=True)
class Setting:
    """One preference; its type is that of its default."""

    id: str
    label: str
    default: Value
    group: str = ""
    summary: str = ""
    hidden: bool = False
    advanced: bool = False
    enum: str = ""
    """``value:label|value:label``; a label may hold another colon-like character."""

    @property
    def type(self) -> str:
        """The type's name on the wire."""
        if isinstance(self.default, bool):
            return "bool"
        if isinstance(self.default, int):
            return "int"
        return "double" if isinstance(self.default, float) else "text"


_HOURS = "|".join(f"{hour}:{hour}\ua78900" for hour in range(24))
_PREROLL = (
    "Paths of videos to play before a film. Several with commas are played in order; with semicolons one of them is"
    " picked at random."
)


def table(name: str) -> list[Setting]:
    """Give all preferences of a server of this name."""
    return [
        Setting("FriendlyName", "Friendly name", name, "general", "This name identifies the server."),
        Setting("sendCrashReports", "Send crash reports to Plex", True, "general"),
        Setting("ButlerUpdateChannel", "Server update channel", "16", "general", enum="16:Public|8:Beta"),
        Setting("logDebug", "Enable server debug logging", True, "general", advanced=True),
        Setting("FSEventLibraryUpdatesEnabled", "Scan my library automatically", False, "library"),
        Setting("FSEventLibraryPartialScanEnabled", "Run a partial scan when changes are detected", False, "library"),
        Setting("ScheduledLibraryUpdatesEnabled", "Scan my library periodically", False, "library"),
        Setting(
            "ScheduledLibraryUpdateInterval",
            "Library scan interval",
            3600,
            "library",
            enum="900:every 15 minutes|3600:hourly|43200:every 12 hours|86400:daily",
        ),
        Setting("autoEmptyTrash", "Empty trash automatically after every scan", True, "library"),
        Setting("allowMediaDeletion", "Allow media deletion", True, "library"),
        Setting("OnDeckWindow", "Weeks to consider for Continue Watching", 16, "library", advanced=True),
        Setting("DatabaseCacheSize", "Database Cache Size (MB)", 40, "library", advanced=True),
        Setting(
            "GenerateBIFBehavior",
            "Generate video preview thumbnails",
            "never",
            "library",
            enum="never:never|scheduled:as a scheduled task|asap:as a scheduled task and when media is added",
        ),
        Setting("GdmEnabled", "Enable local network discovery (GDM)", True, "network"),
        Setting("secureConnections", "Secure connections", 1, "network", enum="0:Required|1:Preferred|2:Disabled"),
        Setting("customConnections", "Custom server access URLs", "", "network", advanced=True),
        Setting("allowedNetworks", "Networks that are allowed without auth", "", "network", advanced=True),
        Setting("RelayEnabled", "Enable Relay", True, "network", advanced=True),
        Setting("WanPerUserStreamCount", "Remote streams allowed per user", 0, "network", enum="0:Unlimited|1:1|2:2"),
        Setting("MinutesAllowedPaused", "Terminate sessions paused for longer than", 0, "network", advanced=True),
        Setting("PublishServerOnPlexOnlineKey", "Publish server on Plex Online", True, "general", hidden=True),
        Setting("TranscoderQuality", "Transcoder quality", 0, "transcoder", enum="0:Automatic|1:Fast|2:Better"),
        Setting("TranscoderTempDirectory", "Transcoder temporary directory", "", "transcoder", advanced=True),
        Setting("HardwareAcceleratedCodecs", "Use hardware acceleration when available", True, "transcoder"),
        Setting("TranscodeCountLimit", "Maximum simultaneous video transcode", 0, "transcoder", enum="0:Unlimited|1:1"),
        Setting("TranscoderThrottleBuffer", "Transcoder default throttle buffer", 60, "transcoder", advanced=True),
        Setting("SegmentedTranscoderTimeout", "Segmented transcoder timeout", 20, "transcoder", hidden=True),
        Setting("DlnaEnabled", "Enable the DLNA server", False, "dlna"),
        Setting("DlnaReportTimeline", "DLNA server timeline reporting", True, "dlna", advanced=True),
        Setting("CinemaTrailersType", "Choose Cinema Trailers from", 1, "extras", enum="0:All films|1:Unwatched films"),
        Setting("CinemaTrailersFromLibrary", "Include trailers from films in my library", True, "extras"),
        Setting("CinemaTrailersFromTheater", "Include trailers of new films", False, "extras"),
        Setting("CinemaTrailersPrerollID", "Cinema Trailers pre-roll video", "", "extras", _PREROLL),
        Setting("ButlerStartHour", "Time at which tasks start to run", 2, "butler", enum=_HOURS),
        Setting("ButlerEndHour", "Time at which tasks stop running", 5, "butler", enum=_HOURS),
        Setting("ButlerTaskBackupDatabase", "Backup database every three days", True, "butler"),
        Setting("ButlerTaskOptimizeDatabase", "Optimize database every week", True, "butler"),
        Setting("ButlerTaskCleanOldBundles", "Remove old bundles every week", True, "butler"),
        Setting("ButlerTaskCleanOldCacheFiles", "Remove old cache files every week", True, "butler"),
        Setting("ButlerTaskRefreshLibraries", "Update all libraries during maintenance", False, "butler"),
        Setting("BackgroundQueueIdlePaused", "Pause background tasks", False, "", hidden=True),
        Setting("LoudnessThreshold", "Loudness threshold", -23.5, "", hidden=True, advanced=True),
        Setting("ManualPortMappingPort", "Manually specified public port", 32400, "network", hidden=True),
    ]
