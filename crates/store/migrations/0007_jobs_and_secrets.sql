-- What is done again and again, what is to be done now, and secrets.
-- The words in braces are those of 0001. organization 0: none. source '': none.

-- When a job is made again and again. timing is the schedule in its text form, due_at when the next job is made;
-- without due_at there is no next one.
CREATE TABLE schedules (
    kind {text} NOT NULL,
    organization {int} NOT NULL,
    source {text} NOT NULL,
    timing {text} NOT NULL,
    set_at {int} NOT NULL,
    set_by {text},
    due_at {int},
    PRIMARY KEY (kind, organization, source)
){table};

-- A job waits, runs under a lease, and ends. fence counts up each time somebody takes it: whoever shows an older
-- number has lost it. attempts counts how often it began.
CREATE TABLE jobs (
    number {serial},
    id {text} NOT NULL UNIQUE,
    kind {text} NOT NULL,
    organization {int} NOT NULL,
    source {text} NOT NULL,
    cause {text} NOT NULL,
    state {text} NOT NULL,
    created_at {int} NOT NULL,
    due_at {int} NOT NULL,
    fence {int} NOT NULL,
    attempts {int} NOT NULL,
    lease_owner {text},
    lease_until {int},
    started_at {int},
    finished_at {int},
    outcome {text}
){table};
-- One that waits and one that runs, of a kind and for what it is done for: what changes while one runs is seen by the next.
CREATE UNIQUE INDEX jobs_waiting ON jobs (kind, organization, source) WHERE state = 'waiting';
CREATE UNIQUE INDEX jobs_running ON jobs (kind, organization, source) WHERE state = 'running';
CREATE INDEX jobs_by_end ON jobs (finished_at) WHERE finished_at IS NOT NULL;

-- The versions of the key that secrets are encrypted with. The keys themselves are never here: check is a known text
-- encrypted with the key, which shows whether a key is the right one. current is 1 for the one that is used for new secrets.
CREATE TABLE secret_keys (
    version {int} NOT NULL PRIMARY KEY,
    current {int} NOT NULL,
    nonce {text} NOT NULL,
    check_text {text} NOT NULL,
    created_at {int} NOT NULL,
    retired_at {int}
){table};
CREATE UNIQUE INDEX secret_keys_current ON secret_keys (current) WHERE current = 1;

-- Secrets, encrypted. organization 0: of the whole installation. nonce and ciphertext are in hexadecimal.
CREATE TABLE secrets (
    id {text} NOT NULL PRIMARY KEY,
    organization {int} NOT NULL,
    kind {text} NOT NULL,
    name {text} NOT NULL,
    owner {text},
    key_version {int} NOT NULL REFERENCES secret_keys (version),
    nonce {text} NOT NULL,
    ciphertext {text} NOT NULL,
    created_at {int} NOT NULL,
    changed_at {int} NOT NULL,
    UNIQUE (organization, kind, name)
){table};
CREATE INDEX secrets_by_key ON secrets (key_version, id);

-- What each process holds of Miro's limits. until is by the database's clock.
CREATE TABLE lane_shares (
    lane {text} NOT NULL,
    owner {text} NOT NULL,
    held {int} NOT NULL,
    wants {int} NOT NULL,
    until {int} NOT NULL,
    PRIMARY KEY (lane, owner)
){table};
