//! The API's token.

use crate::fixture::{Hands, World, memory};
use control::{Control, Options};
use telemetry::Telemetry;

#[tokio::test]
async fn a_token_is_made_once_told_once_and_kept() {
    let world = World::new().await;
    assert_eq!(world.control.verify_token(""), None);
    let token = world.control.ensure_token(None).await.unwrap().unwrap();
    assert_eq!(token.len(), 64);
    assert_eq!(world.control.ensure_token(None).await, Ok(None));
    let facts = world.control.verify_token(&token).unwrap();
    assert_eq!((facts.id.len(), facts.issued_on), (32, world.hands.now()));
    assert!(!token.contains(&facts.id));
    for wrong in ["", "x", &token[1..], &token.to_uppercase(), &facts.id] {
        assert_eq!(world.control.verify_token(wrong), None, "{wrong}");
    }
}

#[tokio::test]
async fn a_configured_token_replaces_the_one_in_force_and_is_never_told() {
    let store = memory();
    let start = async || {
        let options = Options { clock: Hands::new().clock(), ..Options::new(store.clone()) };
        Control::start(options, Telemetry::silent()).await.unwrap()
    };
    let first = start().await;
    let made = first.ensure_token(None).await.unwrap().unwrap();
    assert_eq!(first.ensure_token(Some("configured")).await, Ok(None));
    assert_eq!(first.verify_token(&made), None);
    let facts = first.verify_token("configured").unwrap();
    first.shutdown().await;
    let second = start().await;
    assert_eq!(second.ensure_token(Some("configured")).await, Ok(None));
    assert_eq!(second.verify_token("configured"), Some(facts), "the same token keeps its facts");
}

#[tokio::test]
async fn the_store_holds_no_token() {
    let store = memory();
    let control = Control::start(Options::new(store.clone()), Telemetry::silent()).await.unwrap();
    control.ensure_token(Some("configured")).await.unwrap();
    let kept = String::from_utf8(store.named("api token").await.unwrap().unwrap()).unwrap();
    assert!(kept.contains("hash") && !kept.contains("configured"), "{kept}");
}
