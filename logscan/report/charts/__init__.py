"""The pictures of a report, as shapes to draw; each module makes one kind. Every picture has its words and its table."""

from logscan.report.charts.causes import causes_picture
from logscan.report.charts.covered import coverage_picture
from logscan.report.charts.durations import durations_picture
from logscan.report.charts.funnel import funnel_picture
from logscan.report.charts.histogram import histogram_picture
from logscan.report.charts.shapes import Picture
from logscan.report.charts.strip import strip_picture

__all__ = [
    "Picture",
    "causes_picture",
    "coverage_picture",
    "durations_picture",
    "funnel_picture",
    "histogram_picture",
    "strip_picture",
]
