-- Who uses Usher: administrators and service accounts, how they prove who they are, and what they asked for already.
-- The words in braces are those of 0001. Tokens are stored as SHA-256 hashes, passwords as argon2id hashes.

CREATE TABLE administrators (
    id {text} NOT NULL PRIMARY KEY,
    -- `person` or `service_account`. A service account has no e-mail address and never signs in.
    kind {text} NOT NULL,
    name {text} NOT NULL,
    name_folded {text} NOT NULL,
    email {text},
    email_folded {text} UNIQUE,
    role {text} NOT NULL,
    state {text} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    changed_at {int} NOT NULL,
    signed_in_at {int},
    password {text},
    -- The second factor: the secret in use, the one that is being added, and the last time step a code was taken for.
    totp {text},
    totp_begun {text},
    totp_step {int} NOT NULL DEFAULT 0
){table};

CREATE TABLE administrator_recovery_codes (
    administrator {text} NOT NULL REFERENCES administrators (id),
    hash {text} NOT NULL,
    PRIMARY KEY (administrator, hash)
){clustered};

-- One-time links. Without an administrator: for whoever sets Usher up.
CREATE TABLE administrator_invitations (
    hash {text} NOT NULL PRIMARY KEY,
    purpose {text} NOT NULL,
    administrator {text} REFERENCES administrators (id),
    created_at {int} NOT NULL,
    expires_at {int} NOT NULL
){table};

CREATE TABLE administrator_sessions (
    id {text} NOT NULL PRIMARY KEY,
    hash {text} NOT NULL UNIQUE,
    administrator {text} NOT NULL REFERENCES administrators (id),
    method {text} NOT NULL,
    address {text},
    user_agent {text},
    created_at {int} NOT NULL,
    seen_at {int} NOT NULL
){table};
CREATE INDEX administrator_sessions_by_administrator ON administrator_sessions (administrator, created_at);

CREATE TABLE api_tokens (
    id {text} NOT NULL PRIMARY KEY,
    hash {text} NOT NULL UNIQUE,
    administrator {text} NOT NULL REFERENCES administrators (id),
    name {text} NOT NULL,
    scopes {text} NOT NULL,
    created_at {int} NOT NULL,
    created_by {text} NOT NULL,
    expires_at {int},
    used_at {int},
    revoked_at {int}
){table};
CREATE INDEX api_tokens_by_administrator ON api_tokens (administrator, created_at);

-- How often somebody tried to sign in since when; `key` is a hash of the account or the address it was tried from.
CREATE TABLE sign_in_attempts (
    key {text} NOT NULL PRIMARY KEY,
    since {int} NOT NULL,
    attempts {int} NOT NULL
){clustered};

-- What was answered to requests that carried an idempotency key. Without a status: it is being worked on.
CREATE TABLE idempotency_keys (
    actor {text} NOT NULL,
    key {text} NOT NULL,
    request {text} NOT NULL,
    created_at {int} NOT NULL,
    status {int},
    body {text},
    PRIMARY KEY (actor, key)
){clustered};
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
