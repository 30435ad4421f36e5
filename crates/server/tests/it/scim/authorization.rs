//! Tokens: one source each, overlapping, expiring, revoked.

use std::time::Duration;

use serde_json::json;
use usher_engine::people::{TokenLifetime, create_source_token, revoke_source_token};
use usher_model::{Actor, SourceName};
use usher_store::SourceDefinition;

use super::support::*;

on_both_engines! {
    async fn without_a_token_that_opens_something_nothing_is_said_or_done(provider: Provider) {
        let none = provider.without_token().get("/Users").await;
        assert_eq!(none.header("www-authenticate"), Some("Bearer realm=\"usher\""));
        none.refused(401);
        let wrong = provider.with_token("usher_scim_0000".to_owned());
        for path in ["/Users", "/Groups", "/Schemas", "/ServiceProviderConfig", "/Users/1"] {
            let reply = wrong.get(path).await;
            assert!(reply.header("www-authenticate").unwrap().contains("invalid_token"));
            reply.refused(401);
        }
        wrong.post("/Users", json!({"userName": "mallory"})).await.refused(401);
        assert!(provider.people().await.is_empty());
    }

    async fn tokens_overlap_expire_and_are_revoked(provider: Provider) {
        let hour = provider.clock_in(Duration::from_secs(3600));
        let lifetime = TokenLifetime::Until(hour);
        let second = new_token(&provider.store, &provider.clock, &provider.source, lifetime).await;
        let second = provider.with_token(second);
        provider.get("/Users").await.expect(200);
        second.get("/Users").await.expect(200);
        let tokens = provider.store.source_tokens(&provider.source).await.unwrap();
        assert!(tokens.iter().all(|one| one.used_at.is_some()));
        let acting = acting(&provider.store, &provider.clock);
        assert!(revoke_source_token(acting, &provider.source, &tokens[0].id).await.unwrap());
        assert!(!revoke_source_token(acting, &provider.source, &tokens[0].id).await.unwrap());
        provider.get("/Users").await.refused(401);
        second.get("/Users").await.expect(200);
        provider.clock.advance(Duration::from_secs(3600));
        second.get("/Users").await.refused(401);
    }

    async fn the_log_says_with_which_token_and_from_where_something_was_pushed(provider: Provider) {
        let token = provider.store.source_tokens(&provider.source).await.unwrap().remove(0);
        let before = provider.store.last_event().await.unwrap();
        provider.user("ada@example.com").await;
        let events = provider.events(before).await;
        assert!(!events.is_empty());
        for one in events {
            let Actor::Source { name, token: used, address } = one.event.actor else {
                panic!("it was somebody else");
            };
            assert_eq!((name, used.unwrap().as_str()), (provider.source.clone(), token.id.as_str()));
            assert!(address.unwrap().is_loopback());
        }
        let filter = usher_store::EventFilter {
            actor: Some(Actor::Source { name: provider.source.clone(), token: None, address: None }),
            after: Some(before),
            ..usher_store::EventFilter::default()
        };
        let found: Vec<_> = futures::TryStreamExt::try_collect(provider.store.find_events(&filter)).await.unwrap();
        assert_eq!(found.len(), provider.events(before).await.len());
    }

    async fn a_token_is_kept_as_a_hash_and_named_by_no_event(provider: Provider) {
        let hash = usher_engine::people::token_hash(&provider.token);
        assert!(provider.store.source_token(&hash).await.unwrap().is_some());
        assert!(provider.store.source_token(&provider.token).await.unwrap().is_none());
        let events = provider.events(0).await;
        let made = events.iter().find(|one| one.event.kind.as_str() == "source_token_created");
        assert_eq!(made.unwrap().event.subject, "source:idp");
        assert!(!format!("{events:?}").contains(&provider.token));
    }

    async fn a_source_sees_and_changes_itself_alone(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        let other = SourceName::new("other");
        add_source(&provider.store, &other, 1).await;
        let token = new_token(&provider.store, &provider.clock, &other, TokenLifetime::UntilRevoked).await;
        let other = provider.with_token(token);
        assert_eq!(other.get("/Users").await.expect(200)["totalResults"], 0);
        other.get(&format!("/Users/{ada}")).await.refused(404);
        other.post("/Users", json!({"userName": "ada@example.com"})).await.expect(201);
        let foreign = json!({"displayName": "G", "members": [{"value": ada}]});
        other.post("/Groups", foreign).await.refused(400);
    }

    async fn only_a_source_that_is_pushed_has_tokens(provider: Provider) {
        let definition = SourceDefinition {
            name: "hr".into(),
            place: 1,
            settings: json!({"kind": "csv", "path": "people.csv"}),
        };
        provider.store.save_source(&definition, &[]).await.unwrap();
        for name in ["hr", "nobody"] {
            let acting = acting(&provider.store, &provider.clock);
            let made = create_source_token(acting, &name.into(), TokenLifetime::UntilRevoked).await;
            made.unwrap_err();
        }
    }

    async fn a_removed_source_takes_its_tokens_and_resources_with_it(provider: Provider) {
        let ada = provider.user("ada@example.com").await;
        provider.group("Engines", &[&ada]).await;
        assert!(provider.store.remove_source(&provider.source, &[]).await.unwrap());
        provider.get("/Users").await.refused(401);
        add_source(&provider.store, &provider.source, 0).await;
        let lifetime = TokenLifetime::UntilRevoked;
        let token = new_token(&provider.store, &provider.clock, &provider.source, lifetime).await;
        let again = provider.with_token(token);
        assert_eq!(again.get("/Users").await.expect(200)["totalResults"], 0);
        assert_eq!(again.get("/Groups").await.expect(200)["totalResults"], 0);
    }
}
