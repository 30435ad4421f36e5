-- Signing in at an identity provider: sign-ins that are under way, and who is who there.
-- The words in braces are those of 0001. Tokens are stored as SHA-256 hashes.

-- A sign-in that is under way. key is the hash of what leads back to it: of the state that the provider returns or, once
-- the provider has said who it is, of the token that the browser holds while a second factor is asked for. browser is the
-- hash of that token in any case. administrator, and what follows it, are there once the provider has said who it is;
-- kept is the provider's ID token, encrypted under the browser's token.
CREATE TABLE sign_in_flows (
    key {text} NOT NULL PRIMARY KEY,
    browser {text} NOT NULL,
    provider {text} NOT NULL,
    return_to {text} NOT NULL,
    administrator {text} REFERENCES administrators (id),
    kept {text},
    expires_at {int} NOT NULL
){table};
CREATE INDEX sign_in_flows_by_end ON sign_in_flows (expires_at);

-- Who somebody is at a provider: the issuer and the subject it gives, never an e-mail address.
CREATE TABLE administrator_identities (
    issuer {text} NOT NULL,
    subject {text} NOT NULL,
    administrator {text} NOT NULL REFERENCES administrators (id),
    created_at {int} NOT NULL,
    PRIMARY KEY (issuer, subject)
){clustered};
CREATE INDEX administrator_identities_by_administrator ON administrator_identities (administrator, issuer);

-- Of sessions that began at a provider: which, and its ID token, encrypted under the session's own token.
ALTER TABLE administrator_sessions ADD COLUMN provider {text};
ALTER TABLE administrator_sessions ADD COLUMN kept {text};
