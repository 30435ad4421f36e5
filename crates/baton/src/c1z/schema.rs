//! The tables of the database in a `.c1z` file: those of the newest Go tools, which every older one reads.

/// The tables that hold messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Table {
    ResourceTypes,
    Resources,
    Entitlements,
    Grants,
}

impl Table {
    /// Every one.
    pub(crate) const ALL: [Self; 4] = [
        Self::ResourceTypes,
        Self::Resources,
        Self::Entitlements,
        Self::Grants,
    ];

    /// Its name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ResourceTypes => "v1_resource_types",
            Self::Resources => "v1_resources",
            Self::Entitlements => "v1_entitlements",
            Self::Grants => "v1_grants",
        }
    }

    /// The columns that differ from row to row, in the order in which the writer binds them.
    pub(crate) fn row_columns(self) -> &'static [&'static str] {
        match self {
            Self::ResourceTypes => &["external_id", "data"],
            Self::Resources => &[
                "resource_type_id",
                "external_id",
                "parent_resource_type_id",
                "parent_resource_id",
                "data",
            ],
            Self::Entitlements => &["resource_type_id", "resource_id", "external_id", "data"],
            Self::Grants => &[
                "resource_type_id",
                "resource_id",
                "entitlement_id",
                "principal_resource_type_id",
                "principal_resource_id",
                "external_id",
                "needs_expansion",
                "expansion",
                "data",
            ],
        }
    }

    /// What a second row of the same id changes in the first.
    pub(crate) fn replaced_columns(self) -> &'static [&'static str] {
        match self {
            Self::Grants => &["data", "expansion", "needs_expansion"],
            _ => &["data"],
        }
    }
}

/// The table of syncs.
pub(crate) const SYNC_RUNS: &str = "v1_sync_runs";

/// Tables, and the indexes that inserting needs.
pub(crate) const CREATE_TABLES: &str = "
create table v1_resource_types (
    id integer primary key,
    external_id text not null,
    data blob not null,
    sync_id text not null,
    discovered_at datetime not null
);
create unique index idx_resource_types_external_sync_v1 on v1_resource_types (external_id, sync_id);
create table v1_resources (
    id integer primary key,
    resource_type_id text not null,
    external_id text not null,
    parent_resource_type_id text,
    parent_resource_id text,
    data blob not null,
    sync_id text not null,
    discovered_at datetime not null
);
create unique index idx_resources_parent_resource_id_v1 on v1_resources (external_id, sync_id);
create table v1_entitlements (
    id integer primary key,
    resource_type_id text not null,
    resource_id text not null,
    external_id text not null,
    data blob not null,
    sync_id text not null,
    discovered_at datetime not null
);
create unique index idx_entitlements_external_sync_v1 on v1_entitlements (external_id, sync_id);
create table v1_grants (
    id integer primary key,
    resource_type_id text not null,
    resource_id text not null,
    entitlement_id text not null,
    principal_resource_type_id text not null,
    principal_resource_id text not null,
    external_id text not null,
    expansion blob,
    needs_expansion integer not null default 0,
    data blob not null,
    sync_id text not null,
    discovered_at datetime not null
);
create unique index idx_grants_external_sync_v1 on v1_grants (external_id, sync_id);
create table v1_sync_runs (
    id integer primary key,
    sync_id text not null,
    started_at datetime not null,
    ended_at datetime,
    sync_token text not null,
    sync_type text not null default 'full',
    parent_sync_id text not null default '',
    linked_sync_id text not null default '',
    supports_diff integer not null default 0,
    grants_backfilled integer not null default 0,
    stats text,
    ingest_invariant_generation text not null default '',
    ingest_invariant_coverage text not null default '',
    ingest_invariant_mode text not null default ''
);
create unique index idx_sync_runs_sync_id_v1 on v1_sync_runs (sync_id);
create table v1_assets (
    id integer primary key,
    external_id text not null,
    content_type text not null,
    data blob not null,
    sync_id text not null,
    discovered_at datetime not null
);
create unique index idx_assets_external_sync_v1 on v1_assets (external_id, sync_id);
create table v1_connector_sessions (
    id integer primary key,
    sync_id text not null,
    key text not null,
    value blob not null
);
create unique index idx_session_store_sync_key_v1 on v1_connector_sessions (sync_id, key);
";

/// The indexes that only readers need: building them at the end is several times faster. Two names of
/// `v1_resources` are exchanged upstream, and stay so, because readers create an index that is missing
/// by its name.
pub(crate) const CREATE_READING_INDEXES: &str = "
create index idx_resources_resource_type_id_v1 on v1_resources (resource_type_id);
create index idx_resources_external_sync_v1 on v1_resources (parent_resource_type_id, parent_resource_id);
create index idx_entitlements_resource_id_v1 on v1_entitlements (resource_type_id, resource_id);
create index idx_grants_resource_type_id_resource_id_v1 on v1_grants (resource_type_id, resource_id);
create index idx_grants_principal_id_v1 on v1_grants (principal_resource_type_id, principal_resource_id);
create index idx_grants_entitlement_id_principal_id_v1
    on v1_grants (entitlement_id, principal_resource_type_id, principal_resource_id);
create index idx_grants_entitlement_sync_grant_v1 on v1_grants (entitlement_id, sync_id, id);
create index idx_grants_sync_expansion_v1 on v1_grants (sync_id) where expansion is not null;
create index idx_grants_sync_needs_expansion_v1 on v1_grants (sync_id) where needs_expansion = 1;
";

/// Tables whose rows go along when an earlier sync is kept. Sessions are a connector's notes for itself
/// while it syncs, and are left behind.
pub(crate) const KEPT_TABLES: [(&str, &[&str]); 6] = [
    (
        "v1_resource_types",
        &["external_id", "data", "sync_id", "discovered_at"],
    ),
    (
        "v1_resources",
        &[
            "resource_type_id",
            "external_id",
            "parent_resource_type_id",
            "parent_resource_id",
            "data",
            "sync_id",
            "discovered_at",
        ],
    ),
    (
        "v1_entitlements",
        &[
            "resource_type_id",
            "resource_id",
            "external_id",
            "data",
            "sync_id",
            "discovered_at",
        ],
    ),
    (
        "v1_grants",
        &[
            "resource_type_id",
            "resource_id",
            "entitlement_id",
            "principal_resource_type_id",
            "principal_resource_id",
            "external_id",
            "expansion",
            "needs_expansion",
            "data",
            "sync_id",
            "discovered_at",
        ],
    ),
    (
        "v1_assets",
        &[
            "external_id",
            "content_type",
            "data",
            "sync_id",
            "discovered_at",
        ],
    ),
    (
        SYNC_RUNS,
        &[
            "sync_id",
            "started_at",
            "ended_at",
            "sync_token",
            "sync_type",
            "parent_sync_id",
            "linked_sync_id",
            "supports_diff",
            "grants_backfilled",
            "stats",
            "ingest_invariant_generation",
            "ingest_invariant_coverage",
            "ingest_invariant_mode",
        ],
    ),
];
