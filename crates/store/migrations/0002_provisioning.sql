-- What provisioning needs: who is in the directory, who should hold what, plans, and what was done about them.
-- The words in braces are those of 0001. Columns named `document` hold JSON of the layers above.

-- The directory. It is one for all organizations.

CREATE TABLE person_sources (
    name {text} NOT NULL PRIMARY KEY,
    place {int} NOT NULL,
    settings {text} NOT NULL,
    created_at {int} NOT NULL,
    saved_at {int} NOT NULL,
    -- The last reading, believed or not, and what the next one goes on from: the last one that was believed.
    reading {text},
    watermark {text}
){table};

-- What each source said last, as it said it. kind is `person` or `group`.
CREATE TABLE source_entries (
    source {text} NOT NULL REFERENCES person_sources (name),
    kind {text} NOT NULL,
    key {text} NOT NULL,
    document {text} NOT NULL,
    changed_at {int} NOT NULL,
    PRIMARY KEY (source, kind, key)
){table};

-- Which person or group an entry of a source is. A row outlives its entry: who comes back is the same person.
CREATE TABLE directory_keys (
    kind {text} NOT NULL,
    source {text} NOT NULL,
    key {text} NOT NULL,
    id {text} NOT NULL,
    PRIMARY KEY (kind, source, key)
){clustered};
CREATE INDEX directory_keys_by_id ON directory_keys (id);

CREATE TABLE people (
    id {text} NOT NULL PRIMARY KEY,
    status {text} NOT NULL,
    manager {text},
    email {text},
    email_folded {text},
    user_name_folded {text},
    name_folded {text},
    attributes {text} NOT NULL,
    provenance {text},
    created_at {int} NOT NULL,
    changed_at {int} NOT NULL
){table};
CREATE INDEX people_by_email ON people (email_folded, id);
CREATE INDEX people_by_change ON people (changed_at);

CREATE TABLE directory_groups (
    id {text} NOT NULL PRIMARY KEY,
    name {text} NOT NULL,
    name_folded {text} NOT NULL,
    description {text},
    created_at {int} NOT NULL,
    changed_at {int} NOT NULL
){table};
CREATE INDEX directory_groups_by_change ON directory_groups (changed_at);

CREATE TABLE directory_group_members (
    group_id {text} NOT NULL REFERENCES directory_groups (id),
    kind {text} NOT NULL,
    member {text} NOT NULL,
    PRIMARY KEY (group_id, kind, member)
){clustered};
CREATE INDEX directory_groups_of_member ON directory_group_members (kind, member, group_id);

-- Counts what was said and merged: who merges and finds another number than at the start has to merge anew.
CREATE TABLE directory_head (
    place {int} NOT NULL PRIMARY KEY CHECK (place = 1),
    generation {int} NOT NULL
){table};
INSERT INTO directory_head (place, generation) VALUES (1, 0);

-- Settings, each version kept. organization 0: those of the whole installation.
CREATE TABLE settings (
    organization {int} NOT NULL,
    name {text} NOT NULL,
    version {int} NOT NULL,
    document {text} NOT NULL,
    saved_at {int} NOT NULL,
    saved_by {text},
    PRIMARY KEY (organization, name, version)
){table};

-- Who should hold what in an organization. What was taken back stays, with the time of it.

CREATE TABLE assignments (
    organization {int} NOT NULL REFERENCES organizations (number),
    id {text} NOT NULL,
    subject_kind {text} NOT NULL,
    subject {text} NOT NULL,
    document {text} NOT NULL,
    saved_at {int} NOT NULL,
    removed_at {int},
    PRIMARY KEY (organization, id)
){table};
CREATE INDEX assignments_of_subject ON assignments (organization, subject_kind, subject) WHERE removed_at IS NULL;

CREATE TABLE holds (
    organization {int} NOT NULL REFERENCES organizations (number),
    id {text} NOT NULL,
    subject_kind {text} NOT NULL,
    subject {text} NOT NULL,
    document {text} NOT NULL,
    saved_at {int} NOT NULL,
    removed_at {int},
    PRIMARY KEY (organization, id)
){table};
CREATE INDEX holds_of_subject ON holds (organization, subject_kind, subject) WHERE removed_at IS NULL;

CREATE TABLE links (
    organization {int} NOT NULL REFERENCES organizations (number),
    person {text} NOT NULL,
    account_id {text} NOT NULL,
    how {text} NOT NULL,
    since {int} NOT NULL,
    sent {text} NOT NULL,
    disabled_at {int},
    PRIMARY KEY (organization, person),
    UNIQUE (organization, account_id)
){table};

CREATE TABLE group_links (
    organization {int} NOT NULL REFERENCES organizations (number),
    group_id {text} NOT NULL,
    kind {text} NOT NULL,
    target {text} NOT NULL,
    how {text} NOT NULL,
    since {int} NOT NULL,
    PRIMARY KEY (organization, group_id),
    UNIQUE (organization, kind, target)
){table};

-- What Usher gave, and may take away again. The columns are those of grants.
CREATE TABLE provisioned (
    organization {int} NOT NULL REFERENCES organizations (number),
    account_id {text} NOT NULL,
    kind {text} NOT NULL,
    resource {text} NOT NULL,
    role {text} NOT NULL,
    since {int} NOT NULL,
    PRIMARY KEY (organization, account_id, kind, resource, role)
){clustered};

-- The configured link to an organization, and who works on it. fence counts up each time somebody takes the
-- lease: whoever shows an older number has lost it.
CREATE TABLE connectors (
    organization {int} NOT NULL PRIMARY KEY REFERENCES organizations (number),
    document {text} NOT NULL,
    saved_at {int} NOT NULL,
    fence {int} NOT NULL,
    lease_work {text},
    lease_owner {text},
    lease_until {int}
){table};

-- The time of the newest row of the inventory that was written without a synchronization.
ALTER TABLE organizations ADD COLUMN observed_at {int};

CREATE TABLE plans (
    number {serial},
    id {text} NOT NULL UNIQUE,
    organization {int} NOT NULL REFERENCES organizations (number),
    state {text} NOT NULL,
    created_at {int} NOT NULL,
    parent {text},
    basis_hash {text} NOT NULL,
    changes {int} NOT NULL,
    counts {text} NOT NULL,
    document {text} NOT NULL,
    report {text} NOT NULL,
    decision {text},
    started_at {int},
    finished_at {int},
    ending {text}
){table};
CREATE INDEX plans_of_organization ON plans (organization, number);

CREATE TABLE plan_changes (
    plan {int} NOT NULL REFERENCES plans (number),
    number {int} NOT NULL,
    key {text} NOT NULL,
    kind {text} NOT NULL,
    person {text},
    account_id {text},
    label {text} NOT NULL,
    removes {int} NOT NULL,
    irreversible {int} NOT NULL,
    document {text} NOT NULL,
    PRIMARY KEY (plan, number)
){table};
CREATE INDEX plan_changes_of_person ON plan_changes (person, plan) WHERE person IS NOT NULL;

-- What became of the changes of plans. No row: nothing yet. A row is there before anything is sent.
CREATE TABLE journal (
    plan {int} NOT NULL REFERENCES plans (number),
    number {int} NOT NULL,
    organization {int} NOT NULL,
    state {text} NOT NULL,
    attempts {int} NOT NULL,
    call {text},
    intended_at {int},
    settled_at {int},
    class {text},
    words {text},
    outcome {text},
    PRIMARY KEY (plan, number),
    FOREIGN KEY (plan, number) REFERENCES plan_changes (plan, number)
){table};
CREATE INDEX journal_open ON journal (plan, number) WHERE state = 'intended';
CREATE INDEX journal_done ON journal (organization, settled_at) WHERE state = 'done';

-- Changes that could not be carried out. A row is never deleted: it is resolved.
CREATE TABLE failures (
    organization {int} NOT NULL REFERENCES organizations (number),
    key {text} NOT NULL,
    plan {text} NOT NULL,
    number {int} NOT NULL,
    kind {text} NOT NULL,
    person {text},
    account_id {text},
    label {text} NOT NULL,
    class {text} NOT NULL,
    error {text} NOT NULL,
    attempts {int} NOT NULL,
    first_at {int} NOT NULL,
    last_at {int} NOT NULL,
    next_try_at {int},
    resolved_at {int},
    resolution {text},
    PRIMARY KEY (organization, key)
){table};
CREATE INDEX failures_open ON failures (organization, last_at) WHERE resolved_at IS NULL;

CREATE TABLE cycles (
    number {serial},
    id {text} NOT NULL UNIQUE,
    organization {int} NOT NULL REFERENCES organizations (number),
    kind {text} NOT NULL,
    state {text} NOT NULL,
    owner {text} NOT NULL,
    started_at {int} NOT NULL,
    active_at {int} NOT NULL,
    finished_at {int},
    plan {text},
    counts {text} NOT NULL,
    failure {text}
){table};
CREATE INDEX cycles_of_organization ON cycles (organization, number);

-- What events can be searched by. What an event mentions is also in its data, which the chain covers.
ALTER TABLE events ADD COLUMN person {text};
ALTER TABLE events ADD COLUMN account {text};
ALTER TABLE events ADD COLUMN plan {text};
CREATE INDEX events_by_kind ON events (kind, sequence);
CREATE INDEX events_by_subject ON events (subject, sequence);
CREATE INDEX events_by_time ON events (at);
CREATE INDEX events_by_person ON events (person, sequence) WHERE person IS NOT NULL;
CREATE INDEX events_by_account ON events (account, sequence) WHERE account IS NOT NULL;
CREATE INDEX events_by_plan ON events (plan, sequence) WHERE plan IS NOT NULL;
