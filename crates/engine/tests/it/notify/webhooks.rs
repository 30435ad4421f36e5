//! Signed webhooks.

use futures::TryStreamExt;
use secrecy::SecretString;
use usher_engine::notify::{
    Announcer, NoticeKind, Notifier, NotifySettings, SigningSecret, announce, verify,
};
use usher_model::{Clock, EventKind, SystemClock};
use usher_store::EventFilter;

use super::receiver::{Call, Receiver, SECRET};
use super::{Desk, notice, only};

fn to(receiver: &Receiver) -> NotifySettings {
    NotifySettings {
        webhooks: vec![receiver.settings()],
        ..NotifySettings::default()
    }
}

fn is_genuine(call: &Call) -> bool {
    let secret = SigningSecret::parse(&SecretString::from(SECRET)).unwrap();
    let headers = (
        call.id.as_str(),
        call.timestamp.as_str(),
        call.signature.as_str(),
    );
    verify(&secret, headers, &call.body, SystemClock.now()).is_ok()
}

#[tokio::test]
async fn a_call_is_signed_and_says_what_happened() {
    let receiver = Receiver::answering(&[]).await;
    let notifier = Notifier::new(&to(&receiver)).unwrap();
    let notice = notice(NoticeKind::Quarantined);
    let deliveries = notifier.send(&notice, &SystemClock).await;
    assert_eq!(deliveries[0].outcome, Ok(1));
    let [call] = receiver.calls().try_into().unwrap();
    assert!(is_genuine(&call), "{call:?}");
    assert_eq!(call.id, notice.id);
    let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!(body["type"], "connector.quarantined");
    assert_eq!(body["data"]["headline"], notice.headline);
}

#[tokio::test]
async fn a_receiver_that_fails_is_called_again_with_the_same_id_and_a_new_signature() {
    let receiver = Receiver::answering(&[500, 429]).await;
    let notifier = Notifier::new(&to(&receiver)).unwrap();
    let deliveries = notifier
        .send(&notice(NoticeKind::CycleFailed), &SystemClock)
        .await;
    assert_eq!(deliveries[0].outcome, Ok(3));
    let calls = receiver.calls();
    assert!(calls.iter().all(is_genuine));
    assert!(calls.iter().all(|call| call.id == calls[0].id));
}

#[tokio::test]
async fn patience_ends_and_a_receiver_that_is_gone_is_not_called_again() {
    let failing = Receiver::answering(&[503; 9]).await;
    let notifier = Notifier::new(&to(&failing)).unwrap();
    let deliveries = notifier
        .send(&notice(NoticeKind::CycleFailed), &SystemClock)
        .await;
    let failure = deliveries[0].outcome.clone().unwrap_err();
    assert_eq!(failure.attempts, 5);
    assert_eq!(failing.calls().len(), 5);

    let gone = Receiver::answering(&[410]).await;
    let notifier = Notifier::new(&to(&gone)).unwrap();
    let deliveries = notifier
        .send(&notice(NoticeKind::CycleFailed), &SystemClock)
        .await;
    assert_eq!(deliveries[0].outcome.clone().unwrap_err().attempts, 1);
}

#[tokio::test]
async fn e5_kinds_that_are_switched_off_are_not_sent() {
    let receiver = Receiver::answering(&[]).await;
    let settings = NotifySettings {
        webhooks: vec![receiver.settings()],
        ..only(&[NoticeKind::CycleFailed])
    };
    let notifier = Notifier::new(&settings).unwrap();
    notifier
        .send(&notice(NoticeKind::Quarantined), &SystemClock)
        .await;
    assert!(receiver.calls().is_empty());
    notifier
        .send(&notice(NoticeKind::CycleFailed), &SystemClock)
        .await;
    notifier.send(&notice(NoticeKind::Test), &SystemClock).await;
    assert_eq!(receiver.calls().len(), 2, "a test is always sent");
}

#[tokio::test]
async fn a_notification_that_fails_is_an_event_without_secrets_and_no_error() {
    let desk = Desk::new().await;
    let nobody = Receiver::answering(&[]).await.settings();
    let settings = NotifySettings {
        webhooks: vec![usher_engine::notify::WebhookSettings {
            attempts: 2,
            ..nobody
        }],
        ..NotifySettings::default()
    };
    let notifier = Notifier::new(&settings).unwrap();
    let announcer = Announcer {
        acting: desk.acting(),
        notifier: &notifier,
    };
    announce(announcer, &notice(NoticeKind::Quarantined)).await;
    let filter = EventFilter {
        kinds: vec![EventKind::NotificationFailed],
        ..EventFilter::default()
    };
    let events: Vec<_> = desk.store.find_events(&filter).try_collect().await.unwrap();
    let [failed] = events.try_into().unwrap();
    let data = failed.event.data;
    assert_eq!(data["by"]["name"], "alerts");
    assert_eq!(data["failure"]["attempts"], 2);
    let text = data.to_string();
    assert!(!text.contains("in-the-address"), "{text}");
    assert!(!text.contains("whsec_"), "{text}");
}

#[test]
fn an_address_in_the_clear_and_a_bad_secret_are_refused_by_name() {
    let hook = |url: &str, secret: &str| {
        let url = url.parse().unwrap();
        let secret = SecretString::from(secret);
        let webhooks = vec![usher_engine::notify::WebhookSettings::new(
            "ops", url, secret,
        )];
        let settings = NotifySettings {
            webhooks,
            ..NotifySettings::default()
        };
        Notifier::new(&settings).unwrap_err().to_string()
    };
    let clear = hook("http://hooks.example.org/x", SECRET);
    assert!(clear.contains("webhook `ops`"), "{clear}");
    let short = hook("https://hooks.example.org/x", "whsec_c2hvcnQ=");
    assert!(short.contains("24 to 64 bytes"), "{short}");
}
