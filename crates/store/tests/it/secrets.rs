//! Sealed secrets and the versions of their key.

use usher_store::*;

fn sealed(key_version: u32, text: &str) -> Sealed {
    Sealed {
        key_version,
        nonce: format!("nonce of {text}"),
        ciphertext: text.to_owned(),
    }
}

fn label(store: &Store, name: &str) -> SecretLabel {
    SecretLabel {
        id: store.new_secret_id(),
        organization: Some("1".into()),
        kind: "access_token".into(),
        name: name.into(),
        owner: None,
    }
}

on_both_engines! {
    async fn a_secret_is_stored_under_the_current_key_only(fixture: Fixture) {
        let store = &fixture.store;
        let token = label(store, "miro");
        let refused = store.save_secret(&token, &sealed(1, "x"), &[]).await;
        assert!(matches!(refused, Err(StoreError::SecretKeyMoved { version: 1 })), "{refused:?}");
        store.use_secret_key(&sealed(1, "check"), &[]).await.unwrap();
        store.use_secret_key(&sealed(1, "check"), &[]).await.unwrap();
        store.save_secret(&token, &sealed(1, "x"), &[]).await.unwrap();
        store.save_secret(&token, &sealed(1, "y"), &[]).await.unwrap();
        let found = store.secret(&token.id).await.unwrap().unwrap();
        assert_eq!((found.label, found.sealed), (token.clone(), sealed(1, "y")));
        assert_eq!(store.secrets().await.unwrap().len(), 1);
        assert!(store.remove_secret(&token.id, &[]).await.unwrap());
        assert!(!store.remove_secret(&token.id, &[]).await.unwrap());
    }

    async fn a_key_is_retired_when_nothing_is_sealed_with_it_any_more(fixture: Fixture) {
        let store = &fixture.store;
        store.use_secret_key(&sealed(1, "check"), &[]).await.unwrap();
        for name in ["a", "b"] {
            store.save_secret(&label(store, name), &sealed(1, name), &[]).await.unwrap();
        }
        store.use_secret_key(&sealed(2, "check two"), &[]).await.unwrap();
        store.retire_secret_keys().await.unwrap();
        let keys = store.secret_keys().await.unwrap();
        assert_eq!(keys.iter().map(|key| (key.is_current, key.secrets)).collect::<Vec<_>>(), [(false, 2), (true, 0)]);
        assert_eq!(keys[0].retired_at, None);
        let old = store.secrets_under_other_keys(2, None, 10).await.unwrap();
        // One is stored anew while it is being sealed anew: what was stored last stays.
        store.save_secret(&old[0].label, &sealed(2, "newer"), &[]).await.unwrap();
        assert!(!store.reseal_secret(&old[0], &sealed(2, "older")).await.unwrap());
        // Of two rotations at once the older one stops: else each would undo what the other did.
        let stale = store.reseal_secret(&old[1], &sealed(1, "b")).await;
        assert!(matches!(stale, Err(StoreError::SecretKeyMoved { version: 1 })), "{stale:?}");
        assert!(store.reseal_secret(&old[1], &sealed(2, "b again")).await.unwrap());
        assert!(store.secrets_under_other_keys(2, None, 10).await.unwrap().is_empty());
        let kept = store.secret(&old[0].label.id).await.unwrap().unwrap();
        assert_eq!(kept.sealed.ciphertext, "newer");
        store.retire_secret_keys().await.unwrap();
        assert!(store.secret_keys().await.unwrap()[0].retired_at.is_some());
    }

    async fn two_secrets_of_one_kind_and_organization_have_two_names(fixture: Fixture) {
        let store = &fixture.store;
        store.use_secret_key(&sealed(1, "check"), &[]).await.unwrap();
        store.save_secret(&label(store, "miro"), &sealed(1, "x"), &[]).await.unwrap();
        store.save_secret(&label(store, "miro"), &sealed(1, "y"), &[]).await.unwrap_err();
        let elsewhere = SecretLabel { organization: None, ..label(store, "miro") };
        store.save_secret(&elsewhere, &sealed(1, "z"), &[]).await.unwrap();
        assert_eq!(store.secrets().await.unwrap().len(), 2);
    }
}
