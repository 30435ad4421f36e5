//! What is written is what is read.

use std::collections::BTreeMap;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use usher_baton::messages::{
    Any, Entitlement, Grant, GrantSource, GrantSources, Resource, ResourceId, ResourceStatus,
    ResourceType, Timestamp, string_struct,
};

use crate::support::{Contents, add, begin, clock, read_shown};

const TEXT: &str = "\\PC{0,12}";
const ID: &str = "[a-zA-Z0-9:/ é]{1,12}";

fn annotation() -> impl Strategy<Value = Any> {
    (TEXT, vec(any::<u8>(), 0..20)).prop_map(|(type_url, value)| Any { type_url, value })
}

fn resource_type(id: String) -> impl Strategy<Value = ResourceType> {
    (TEXT, TEXT, vec(0..20_i32, 0..3), vec(annotation(), 0..2)).prop_map(
        move |(display_name, description, traits, annotations)| ResourceType {
            id: id.clone(),
            display_name,
            traits,
            annotations,
            description,
            sourced_externally: false,
        },
    )
}

fn resource(id: String) -> impl Strategy<Value = Resource> {
    let parent = proptest::option::of((ID, ID));
    let profile = proptest::option::of(vec((TEXT, TEXT), 0..3));
    (
        TEXT,
        TEXT,
        parent,
        profile,
        vec(annotation(), 0..2),
        any::<u32>(),
    )
        .prop_map(
            move |(display_name, description, parent, profile, annotations, seconds)| Resource {
                id: Some(ResourceId::new("thing", id.clone())),
                parent_resource_id: parent.map(|(kind, id)| ResourceId::new(kind, id)),
                display_name,
                annotations,
                description,
                profile: profile.map(|members| {
                    string_struct(
                        members
                            .iter()
                            .map(|(name, text)| (name.as_str(), text.as_str())),
                    )
                }),
                status: (seconds % 2 == 0).then(|| ResourceStatus {
                    status: 2,
                    details: String::new(),
                }),
                created_at: (seconds % 3 == 0).then(|| Timestamp {
                    seconds: i64::from(seconds),
                    nanos: 1,
                }),
                ..Resource::default()
            },
        )
}

fn entitlement(id: String) -> impl Strategy<Value = Entitlement> {
    (
        resource("r".into()),
        resource_type("user".into()),
        TEXT,
        vec(annotation(), 0..2),
    )
        .prop_map(
            move |(resource, kind, display_name, annotations)| Entitlement {
                resource: Some(resource),
                id: id.clone(),
                slug: display_name.clone(),
                display_name,
                grantable_to: vec![kind],
                annotations,
                purpose: 1,
                ..Entitlement::default()
            },
        )
}

fn grant(id: String) -> impl Strategy<Value = Grant> {
    let sources = proptest::option::of(vec((TEXT, any::<bool>()), 0..3));
    (
        entitlement("e".into()),
        ID,
        sources,
        vec(annotation(), 0..2),
    )
        .prop_map(
            move |(entitlement, principal, sources, annotations)| Grant {
                entitlement: Some(entitlement),
                principal: Some(Resource::reference(ResourceId::new("user", principal))),
                id: id.clone(),
                annotations,
                sources: sources.map(|sources| GrantSources {
                    sources: sources
                        .into_iter()
                        .map(|(id, is_direct)| (id, GrantSource { is_direct }))
                        .collect::<BTreeMap<_, _>>(),
                }),
            },
        )
}

/// As many messages as there are different ids.
fn several<M: std::fmt::Debug, S: Strategy<Value = M> + 'static>(
    make: fn(String) -> S,
) -> impl Strategy<Value = Vec<M>> {
    btree_set(ID, 0..6).prop_flat_map(move |ids| ids.into_iter().map(make).collect::<Vec<_>>())
}

proptest! {
    // Each case writes a database and a file: thousands are enough where tens of thousands are asked for.
    #![proptest_config({
        let asked = ProptestConfig::default();
        ProptestConfig { cases: asked.cases.min(2_000), ..asked }
    })]
    #[test]
    fn what_is_written_is_what_is_read(
        types in several(resource_type),
        resources in several(resource),
        entitlements in several(entitlement),
        grants in several(grant),
    ) {
        let written = Contents { types, resources, entitlements, grants };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let read = runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("sync.c1z");
            let mut writer = begin(&path, &clock()).await.unwrap();
            add(&mut writer, &written).await.unwrap();
            writer.finish().await.unwrap();
            read_shown(&path).await.unwrap()
        });
        prop_assert_eq!(read, written);
    }
}
