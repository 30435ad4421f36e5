-- Written once for both engines: {int}, {text}, {serial}, {table} and {clustered} are filled in by src/schema.rs.
-- Times are milliseconds since 1970-01-01T00:00Z. A NULL in a column that Miro may hide means "unknown".

CREATE TABLE organizations (
    number {serial},
    id {text} NOT NULL UNIQUE,
    name {text},
    plan {text},
    full_licenses_purchased {int},
    lease_sync {text},
    lease_owner {text},
    lease_until {int}
){table};

CREATE TABLE syncs (
    number {serial},
    id {text} NOT NULL UNIQUE,
    organization {int} NOT NULL REFERENCES organizations (number),
    sources {text} NOT NULL,
    state {text} NOT NULL,
    started_at {int} NOT NULL,
    active_at {int} NOT NULL,
    finished_at {int},
    effective_at {int},
    coverage {text},
    verdict {text},
    counts {text} NOT NULL,
    requests {text} NOT NULL,
    outcome {text},
    failure {text}
){table};
CREATE INDEX syncs_of_organization ON syncs (organization, state, number);

-- What a running synchronization has read.

CREATE TABLE sync_parts (
    sync {int} NOT NULL REFERENCES syncs (number),
    part {text} NOT NULL,
    cursor {text},
    pages {int} NOT NULL,
    items {int} NOT NULL,
    total_results {int},
    done {int} NOT NULL,
    repeats {int} NOT NULL,
    first_repeat {text},
    PRIMARY KEY (sync, part)
){clustered};

CREATE TABLE staged_views (
    sync {int} NOT NULL,
    origin {text} NOT NULL,
    account_id {text} NOT NULL,
    email {text} NOT NULL,
    email_folded {text} NOT NULL,
    data {text} NOT NULL,
    PRIMARY KEY (sync, origin, account_id)
){table};
CREATE INDEX staged_views_by_email ON staged_views (sync, origin, email_folded);

CREATE TABLE staged_teams (
    sync {int} NOT NULL,
    origin {text} NOT NULL,
    team_id {text} NOT NULL,
    name {text} NOT NULL,
    PRIMARY KEY (sync, origin, team_id)
){clustered};

CREATE TABLE staged_user_groups (
    sync {int} NOT NULL,
    origin {text} NOT NULL,
    user_group_id {text} NOT NULL,
    name {text} NOT NULL,
    description {text},
    PRIMARY KEY (sync, origin, user_group_id)
){clustered};

CREATE TABLE staged_members (
    sync {int} NOT NULL,
    origin {text} NOT NULL,
    kind {text} NOT NULL,
    group_id {text} NOT NULL,
    account_id {text} NOT NULL,
    role {text} NOT NULL,
    -- In the order in which lists arrive, so that a page of members changes few pages of the file.
    PRIMARY KEY (sync, origin, kind, group_id, account_id)
){clustered};

-- The snapshot: one row per thing that was seen.

CREATE TABLE merged_accounts (
    sync {int} NOT NULL,
    account_id {text} NOT NULL,
    email {text} NOT NULL,
    email_folded {text} NOT NULL,
    domain {text},
    display_name {text},
    name_folded {text},
    status {text} NOT NULL,
    role {text},
    license {text},
    license_assigned_known {int} NOT NULL,
    license_assigned_at {int},
    admin_roles {text},
    enterprise {text},
    last_activity_known {int} NOT NULL,
    last_activity_at {int},
    PRIMARY KEY (sync, account_id)
){clustered};

CREATE TABLE merged_teams (
    sync {int} NOT NULL,
    team_id {text} NOT NULL,
    name {text} NOT NULL,
    name_folded {text} NOT NULL,
    PRIMARY KEY (sync, team_id)
){clustered};

CREATE TABLE merged_user_groups (
    sync {int} NOT NULL,
    user_group_id {text} NOT NULL,
    name {text} NOT NULL,
    name_folded {text} NOT NULL,
    description {text},
    PRIMARY KEY (sync, user_group_id)
){clustered};

CREATE TABLE merged_grants (
    sync {int} NOT NULL,
    account_id {text} NOT NULL,
    kind {text} NOT NULL,
    resource {text} NOT NULL,
    role {text} NOT NULL,
    PRIMARY KEY (sync, account_id, kind, resource, role)
){clustered};

-- The inventory. A row holds from valid_from until just before valid_to; without valid_to it holds now.

CREATE TABLE accounts (
    organization {int} NOT NULL REFERENCES organizations (number),
    account_id {text} NOT NULL,
    valid_from {int} NOT NULL,
    valid_to {int},
    email {text} NOT NULL,
    email_folded {text} NOT NULL,
    domain {text},
    display_name {text},
    name_folded {text},
    status {text} NOT NULL,
    role {text},
    license {text},
    license_assigned_known {int} NOT NULL,
    license_assigned_at {int},
    admin_roles {text},
    enterprise {text},
    PRIMARY KEY (organization, account_id, valid_from)
){clustered};
CREATE UNIQUE INDEX accounts_current ON accounts (organization, account_id) WHERE valid_to IS NULL;
CREATE INDEX accounts_by_email ON accounts (organization, email_folded, account_id) WHERE valid_to IS NULL;
CREATE INDEX accounts_by_name ON accounts (organization, name_folded, account_id) WHERE valid_to IS NULL;

-- Apart from accounts because it changes with every use. No row: unknown. last_activity_at NULL: never.
CREATE TABLE account_activity (
    organization {int} NOT NULL REFERENCES organizations (number),
    account_id {text} NOT NULL,
    valid_from {int} NOT NULL,
    valid_to {int},
    last_activity_at {int},
    PRIMARY KEY (organization, account_id, valid_from)
){clustered};
CREATE UNIQUE INDEX account_activity_current ON account_activity (organization, account_id) WHERE valid_to IS NULL;
CREATE INDEX account_activity_by_time ON account_activity (organization, last_activity_at) WHERE valid_to IS NULL;

CREATE TABLE teams (
    organization {int} NOT NULL REFERENCES organizations (number),
    team_id {text} NOT NULL,
    valid_from {int} NOT NULL,
    valid_to {int},
    name {text} NOT NULL,
    name_folded {text} NOT NULL,
    PRIMARY KEY (organization, team_id, valid_from)
){clustered};
CREATE UNIQUE INDEX teams_current ON teams (organization, team_id) WHERE valid_to IS NULL;

CREATE TABLE user_groups (
    organization {int} NOT NULL REFERENCES organizations (number),
    user_group_id {text} NOT NULL,
    valid_from {int} NOT NULL,
    valid_to {int},
    name {text} NOT NULL,
    name_folded {text} NOT NULL,
    description {text},
    PRIMARY KEY (organization, user_group_id, valid_from)
){clustered};
CREATE UNIQUE INDEX user_groups_current ON user_groups (organization, user_group_id) WHERE valid_to IS NULL;

-- kind, resource and role together are the entitlement; role is '' but for teams.
CREATE TABLE grants (
    organization {int} NOT NULL REFERENCES organizations (number),
    account_id {text} NOT NULL,
    kind {text} NOT NULL,
    resource {text} NOT NULL,
    role {text} NOT NULL,
    valid_from {int} NOT NULL,
    valid_to {int},
    PRIMARY KEY (organization, account_id, kind, resource, role, valid_from)
){clustered};
CREATE UNIQUE INDEX grants_current ON grants (organization, kind, resource, role, account_id) WHERE valid_to IS NULL;
CREATE INDEX grants_closed ON grants (organization, valid_to) WHERE valid_to IS NOT NULL;

-- A copy of Miro's audit log.
CREATE TABLE miro_audit (
    organization {int} NOT NULL REFERENCES organizations (number),
    id {text} NOT NULL,
    created_at {int} NOT NULL,
    event {text} NOT NULL,
    category {text},
    actor_type {text},
    actor_id {text},
    actor_name {text},
    actor_email {text},
    object_id {text},
    object_name {text},
    details {text} NOT NULL,
    PRIMARY KEY (organization, id)
){table};
CREATE INDEX miro_audit_by_time ON miro_audit (organization, created_at);

-- What happened, each entry bound to the one before it.
CREATE TABLE events (
    sequence {int} NOT NULL PRIMARY KEY,
    id {text} NOT NULL UNIQUE,
    at {int} NOT NULL,
    actor {text} NOT NULL,
    origin {text} NOT NULL,
    kind {text} NOT NULL,
    subject {text} NOT NULL,
    data {text} NOT NULL,
    hash {text} NOT NULL
){table};

-- The last event: who appends holds this row, so that numbers have no gap.
CREATE TABLE event_head (
    place {int} NOT NULL PRIMARY KEY CHECK (place = 1),
    sequence {int} NOT NULL,
    hash {text} NOT NULL
){table};
INSERT INTO event_head (place, sequence, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');
