"""The history's tables, as the steps that lead to them: a file's `user_version` is the number of steps it has taken.

Moments are nanoseconds since 1970, UTC; nights are dates such as `2026-11-26`. A step is never changed once it was
released: what is to be different comes as a further step.
"""

from __future__ import annotations

from typing import Final

# "lsHN": tells this file from other programs' databases.
APPLICATION: Final = 0x6C73484E

_FIRST: Final = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE nights (
    night TEXT PRIMARY KEY,
    -- planned: the window is fixed; judged: diagnosed, with its mail; failed: the run could not do its work; missed: nothing ran
    state TEXT NOT NULL CHECK (state IN ('planned', 'judged', 'failed', 'missed')),
    since INTEGER, until INTEGER,
    -- up to when lines were really read: the next window begins there
    covered INTEGER,
    planned_at INTEGER NOT NULL, ended_at INTEGER,
    verdict TEXT, severity TEXT, mascots INTEGER, failing INTEGER,
    outcomes TEXT NOT NULL DEFAULT '{}',
    lines INTEGER, uncovered TEXT NOT NULL DEFAULT '[]',
    rules TEXT, logscan TEXT, problem TEXT,
    -- the night whose run made up for this one
    caught_up TEXT
) WITHOUT ROWID;

CREATE TABLE findings (
    night TEXT NOT NULL REFERENCES nights ON DELETE CASCADE, place INTEGER NOT NULL,
    finding TEXT NOT NULL, severity TEXT NOT NULL, mascots INTEGER NOT NULL, PRIMARY KEY (night, place)
) WITHOUT ROWID;

CREATE TABLE causes (
    night TEXT NOT NULL REFERENCES nights ON DELETE CASCADE, cause TEXT NOT NULL,
    component TEXT NOT NULL, mascots INTEGER NOT NULL, lines INTEGER NOT NULL, PRIMARY KEY (night, cause)
) WITHOUT ROWID;

-- the JSON report of each night, packed: what the next is compared with
CREATE TABLE reports (night TEXT PRIMARY KEY REFERENCES nights ON DELETE CASCADE, body BLOB NOT NULL);

-- mascots that were open at the end of `night`, and where they ended later
CREATE TABLE carried (
    mascot TEXT PRIMARY KEY, night TEXT NOT NULL REFERENCES nights ON DELETE CASCADE, outcome TEXT NOT NULL,
    since INTEGER, resolved_night TEXT, resolved_outcome TEXT
) WITHOUT ROWID;

CREATE TABLE outbox (
    night TEXT NOT NULL REFERENCES nights ON DELETE CASCADE, channel TEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
    message_id TEXT NOT NULL, subject TEXT NOT NULL, body BLOB,
    -- recipients that have not got it yet, as a JSON list
    pending TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('rendered', 'sending', 'sent', 'given-up')),
    tries INTEGER NOT NULL DEFAULT 0, error TEXT, made_at INTEGER NOT NULL, sent_at INTEGER,
    PRIMARY KEY (night, channel)
);
"""

STEPS: Final = (_FIRST,)
