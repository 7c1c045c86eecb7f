"""What a page shows of single mascots: the ways they went, their lines, what stands around these; and restarts."""

from logscan.stories.marks import marks_of
from logscan.stories.tell import stories_of

__all__ = ["marks_of", "stories_of"]
