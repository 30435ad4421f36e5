-- What identity providers push through SCIM. The words in braces are those of 0001.

-- The tokens by which the identity provider of a source proves who it is. Only their hashes are kept.
CREATE TABLE source_tokens (
    id {text} NOT NULL PRIMARY KEY,
    source {text} NOT NULL REFERENCES person_sources (name),
    hash {text} NOT NULL UNIQUE,
    created_at {int} NOT NULL,
    expires_at {int},
    used_at {int},
    revoked_at {int}
){table};
CREATE INDEX source_tokens_of_source ON source_tokens (source, id);

-- Resources as they were pushed, but for what is in columns here and for the members of groups. kind is `person` or
-- `group`; name is the user name or the group's name. Folded text is that of the filters' comparisons.
CREATE TABLE scim_resources (
    source {text} NOT NULL REFERENCES person_sources (name),
    kind {text} NOT NULL,
    id {text} NOT NULL,
    name_folded {text} NOT NULL,
    display_folded {text},
    external_id {text},
    document {text} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    changed_at {int} NOT NULL,
    PRIMARY KEY (source, kind, id)
){table};
CREATE INDEX scim_resources_by_name ON scim_resources (source, kind, name_folded, id);
CREATE INDEX scim_resources_by_display ON scim_resources (source, kind, display_folded, id);
CREATE INDEX scim_resources_by_external_id ON scim_resources (source, kind, external_id, id);

CREATE TABLE scim_emails (
    source {text} NOT NULL,
    email_folded {text} NOT NULL,
    id {text} NOT NULL,
    PRIMARY KEY (source, email_folded, id)
){clustered};
CREATE INDEX scim_emails_of_user ON scim_emails (source, id);

-- One row per membership, so that a group of thousands can gain one member by one row.
CREATE TABLE scim_members (
    source {text} NOT NULL,
    group_id {text} NOT NULL,
    member {text} NOT NULL,
    kind {text} NOT NULL,
    PRIMARY KEY (source, group_id, member)
){clustered};
CREATE INDEX scim_groups_of_member ON scim_members (source, member, group_id);

-- By what an entry is matched with those of other sources, as of the last merge. Kept while some source is pushed:
-- who comes in is merged with those alone who may be the same person.
ALTER TABLE source_entries ADD COLUMN match_value {text};
CREATE INDEX source_entries_by_match_value ON source_entries (match_value) WHERE match_value IS NOT NULL;
CREATE INDEX people_by_manager ON people (manager) WHERE manager IS NOT NULL;

-- The values above are there after the next merge only.
UPDATE directory_head SET generation = generation + 1 WHERE EXISTS (SELECT 1 FROM source_entries);
