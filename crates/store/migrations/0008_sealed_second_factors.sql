-- The seeds of second factors are secrets like others: these are the ids of rows of `secrets`, which may be restored after
-- this table. The words in braces are those of 0001.
ALTER TABLE administrators ADD COLUMN totp_secret {text};
ALTER TABLE administrators ADD COLUMN totp_begun_secret {text};

-- The `ETag` of an answer that is given again.
ALTER TABLE idempotency_keys ADD COLUMN etag {text};

-- A seed in `totp` was stored as it is, and is sealed as soon as there is a key. One that was being added is begun anew.
UPDATE administrators SET totp_begun = NULL;
