//! Edge certificates and trust anchors.

use crate::fixture::World;
use control::certificate;
use model::{Certificate, CertificateId, Secret, Timestamp, TrustAnchor, TrustAnchorId, ZoneId};
use rcgen::{CertificateParams, CertifiedKey, KeyPair, date_time_ymd, generate_simple_self_signed};
use std::time::Duration;

fn issued(names: &[&str]) -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

fn edge_certificate(zone: ZoneId, chain_pem: String, key_pem: String) -> Certificate {
    Certificate {
        id: CertificateId::random(),
        zone,
        hosts: vec!["www.example.com".to_owned()],
        issuer: String::new(),
        signature: String::new(),
        expires_on: Timestamp::MAX,
        uploaded_on: Timestamp::UNIX_EPOCH,
        modified_on: Timestamp::UNIX_EPOCH,
        bundle_method: "ubiquitous".to_owned(),
        priority: 0,
        chain_pem,
        private_key_pem: Secret::new(key_pem),
    }
}

pub fn trust_anchor(zone: ZoneId) -> TrustAnchor {
    TrustAnchor {
        id: TrustAnchorId::random(),
        zone,
        certificate_pem: issued(&["ca.example.com"]).cert.pem(),
        issuer: String::new(),
        signature: String::new(),
        expires_on: Timestamp::MAX,
        uploaded_on: Timestamp::UNIX_EPOCH,
        updated_on: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn a_certificate_tells_its_facts() {
    let pair = issued(&["WWW.example.com", "*.example.com", "192.0.2.1"]);
    let facts = certificate::read(&pair.cert.pem(), &Secret::new(pair.signing_key.serialize_pem())).unwrap();
    assert_eq!(facts.hosts, ["www.example.com", "*.example.com", "192.0.2.1"]);
    assert_eq!(facts.signature, "ECDSAWithSHA256");
    assert_eq!(facts.issuer, "rcgen self signed cert");
}

#[tokio::test]
async fn the_key_must_belong_to_the_certificate() {
    let world = World::new().await;
    let (own, other) = (issued(&["www.example.com"]), issued(&["www.example.com"]));
    let with = |chain: &str, key: &str| world.wrong(edge_certificate(world.zone, chain.to_owned(), key.to_owned()));
    let (chain, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    assert!(with(&chain, &key).is_empty());
    assert_eq!(with(&chain, &other.signing_key.serialize_pem()), ["private_key"]);
    assert_eq!(with("no certificate", &key), ["certificate"]);
    assert_eq!(with(&chain, "no key"), ["private_key"]);
    assert_eq!(with("neither", "nor"), ["certificate", "private_key"]);
    let torn = chain.replacen("MII", "AAA", 1);
    assert!(!with(&torn, &key).is_empty());
}

#[tokio::test]
async fn what_has_expired_is_refused() {
    let world = World::new().await;
    let pair = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["www.example.com".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2023, 12, 1));
    let chain = params.self_signed(&pair).unwrap().pem();
    let certificate = edge_certificate(world.zone, chain.clone(), pair.serialize_pem());
    let anchor = TrustAnchor { certificate_pem: chain, ..trust_anchor(world.zone) };
    assert!(world.wrong(certificate.clone()).is_empty(), "it is {}", world.hands.now());
    assert!(world.wrong(anchor.clone()).is_empty());
    world.hands.turn(Duration::from_secs(30 * 86_400));
    assert_eq!(world.wrong(certificate), ["certificate"]);
    assert_eq!(world.wrong(anchor), ["certificate"]);
}

#[tokio::test]
async fn names_bundle_and_zone_are_checked() {
    let world = World::new().await;
    let pair = issued(&["www.example.com"]);
    let mut certificate = edge_certificate(ZoneId::random(), pair.cert.pem(), pair.signing_key.serialize_pem());
    certificate.bundle_method = "tight".to_owned();
    certificate.hosts.push("not a host".to_owned());
    assert_eq!(world.wrong(certificate), ["zone", "bundle_method", "hosts[1]"]);
}

#[tokio::test]
async fn a_trust_anchor_is_one_certificate() {
    let world = World::new().await;
    let anchor = trust_anchor(world.zone);
    assert!(world.wrong(anchor.clone()).is_empty());
    let two = TrustAnchor { certificate_pem: anchor.certificate_pem.repeat(2), ..anchor.clone() };
    assert_eq!(world.wrong(two), ["certificate"]);
    let none = TrustAnchor { certificate_pem: "nothing".to_owned(), ..anchor };
    assert_eq!(world.wrong(none), ["certificate"]);
}
