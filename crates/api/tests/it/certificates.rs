//! Custom edge certificates and the custom origin trust store.

use crate::bench::Bench;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use serde_json::json;

/// A self-signed certificate for a name and its key, in PEM.
fn certificate(name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

#[tokio::test]
async fn a_certificate_is_uploaded_and_its_key_is_never_shown() {
    let bench = Bench::new().await;
    let list = format!("/zones/{}/custom_certificates", bench.zone("example.com").await);
    let (pem, key) = certificate("www.example.com");
    let uploaded = bench.post(&list, json!({"certificate": pem, "private_key": key, "bundle_method": "force"})).await;
    let result = uploaded.result();
    assert_eq!((&result["hosts"], &result["status"]), (&json!(["www.example.com"]), &json!("active")));
    assert_eq!((&result["signature"], &result["bundle_method"]), (&json!("ECDSAWithSHA256"), &json!("force")));
    assert!(!uploaded.body.to_string().contains("PRIVATE KEY"));
    let one = format!("{list}/{}", uploaded.id());
    assert_eq!(bench.get(&one).await.result(), uploaded.result());
    assert_eq!(bench.get(&list).await.ids(), [uploaded.id()]);
    assert!(bench.get(&format!("{list}?page=2")).await.ids().is_empty());
    assert!(bench.get(&format!("{list}?status=expired")).await.ids().is_empty());

    let (pem, key) = certificate("new.example.com");
    let renewed = bench.patch(&one, json!({"certificate": pem, "private_key": key})).await;
    assert_eq!(
        (&renewed.result()["hosts"], &renewed.result()["bundle_method"]),
        (&json!(["new.example.com"]), &json!("force"))
    );

    let order = json!({"certificates": [{"id": uploaded.id(), "priority": 7}]});
    let ordered = bench.put(&format!("{list}/prioritize"), order).await;
    assert_eq!(ordered.result()[0]["priority"], 7);
    let unknown = json!({"certificates": [{"id": "0".repeat(32), "priority": 1}]});
    bench.put(&format!("{list}/prioritize"), unknown).await.invalid(&["/certificates/0/id"]);
    assert_eq!(bench.delete(&one).await.result(), &json!({"id": uploaded.id()}));
}

#[tokio::test]
async fn a_certificate_that_cannot_serve_is_refused_with_the_reason() {
    let bench = Bench::new().await;
    let list = format!("/zones/{}/custom_certificates", bench.zone("example.com").await);
    let ((pem, key), (_, other_key)) = (certificate("a.example.com"), certificate("b.example.com"));
    bench.post(&list, json!({"certificate": pem, "private_key": other_key})).await.invalid(&["/private_key"]);
    bench.post(&list, json!({"certificate": "pem", "private_key": key})).await.invalid(&["/certificate"]);
    bench.post(&list, json!({"certificate": pem})).await.invalid(&["/private_key"]);
    bench
        .post(&list, json!({"certificate": pem, "private_key": key, "bundle_method": "x"}))
        .await
        .invalid(&["/bundle_method"]);
    assert!(bench.get(&list).await.ids().is_empty());
}

#[tokio::test]
async fn an_authority_is_trusted_until_it_is_deleted() {
    let bench = Bench::new().await;
    let list = format!("/zones/{}/acm/custom_trust_store", bench.zone("example.com").await);
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    let uploaded = bench.post(&list, json!({"certificate": pem})).await;
    assert_eq!((&uploaded.result()["status"], &uploaded.result()["certificate"]), (&json!("active"), &json!(pem)));
    let one = format!("{list}/{}", uploaded.id());
    assert_eq!(bench.get(&one).await.result(), uploaded.result());
    assert_eq!(bench.get(&list).await.ids(), [uploaded.id()]);
    bench.post(&list, json!({"certificate": "nothing"})).await.invalid(&["/certificate"]);
    assert_eq!(bench.delete(&one).await.result(), &json!({"id": uploaded.id()}));
    bench.get(&one).await.refused(404, 7003);
}
