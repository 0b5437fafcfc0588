"""The segment log, which is the truth: append with checksum, group fsync, read by record number.

An append is answered when its bytes are synced to disk. A torn tail is cut when the log is opened;
a damaged record is set aside in a `*.bad-<time>` file and everything else is kept.
"""

from playhead_collector.log.files import DiskFiles, Files, LogFile
from playhead_collector.log.records import LogDamage, LogEntry, LogRecord, LogTooNew
from playhead_collector.log.segment_log import (
    LogBusy,
    LogClosed,
    LogUnavailable,
    RecordMissing,
    SegmentLog,
)

__all__ = [
    "DiskFiles",
    "Files",
    "LogBusy",
    "LogClosed",
    "LogDamage",
    "LogEntry",
    "LogFile",
    "LogRecord",
    "LogTooNew",
    "LogUnavailable",
    "RecordMissing",
    "SegmentLog",
]
