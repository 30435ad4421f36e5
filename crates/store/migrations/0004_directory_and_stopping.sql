-- What keeps the directory whole across crashes, and who is to stop working on a connector.
-- The words in braces are those of 0001.

-- When the source was last read to its end and believed. None after its settings were changed.
ALTER TABLE person_sources ADD COLUMN full_at {int};

-- The generation that people, groups and assignments were last made from: a smaller one than that of the head means
-- that whoever merged was interrupted.
ALTER TABLE directory_head ADD COLUMN merged {int} NOT NULL DEFAULT 0;

-- People who turned out to be somebody else, until what hangs on them has moved.
CREATE TABLE directory_joins (
    number {serial},
    replaced {text} NOT NULL,
    replacement {text} NOT NULL
){table};

-- The fence of whoever was told to stop. The next one who takes the lease has another.
ALTER TABLE connectors ADD COLUMN stop_fence {int};
