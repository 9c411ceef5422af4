//! Client certificates. The handshake goes well with each whose key the client owns; a request with it is a 401, as from
//! kube-apiserver, which asks for certificates in TLS (`tls.RequestClientCert`) and judges them afterwards.

use aws_lc_rs::digest::{SHA256, digest};
use purser_e2e::Identity;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SerialNumber, date_time_ymd,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::world::{World, assert_refused};

/// The name of the server's authority.
const NAME: &str = "purser-ca";

type Authority = Issuer<'static, KeyPair>;

/// The authority of the server, whose files the test may read.
fn own(world: &World) -> Authority {
    let read =
        |name: &str| std::fs::read_to_string(world.purser.data().join("pki").join(name)).expect("a file");
    let key = KeyPair::from_pem(&read("ca.key")).expect("the key is PEM");
    Issuer::from_ca_cert_pem(&read("ca.crt"), key).expect("the certificate is PEM")
}

/// Another authority, of the same name if the name is the server's.
fn stranger(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Issuer::new(params, KeyPair::generate().expect("a key can be made"))
}

/// A certificate of `admin` in `system:masters`, but for what `change` does to it.
fn signed(by: &Authority, change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "admin");
    params
        .distinguished_name
        .push(DnType::OrganizationName, "system:masters");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    change(&mut params);
    let key = KeyPair::generate().expect("a key can be made");
    let certificate = params.signed_by(&key, by).expect("it signs");
    Identity {
        certificate: certificate.pem().into_bytes(),
        key: key.serialize_pem().into_bytes(),
    }
}

/// Signed by somebody's client certificate, which is no authority, and shown with it.
fn below_a_client(own: &Authority) -> Identity {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "jane");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate().expect("a key can be made");
    let jane = params.signed_by(&key, own).expect("it signs").pem();
    let mut identity = signed(&Issuer::new(params, key), |_| {});
    identity.certificate.extend_from_slice(jane.as_bytes());
    identity
}

fn fingerprint(identity: &Identity) -> String {
    let der = CertificateDer::from_pem_slice(&identity.certificate).expect("PEM");
    let hex: Vec<String> = digest(&SHA256, &der)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    hex.join(":")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_certificate_is_the_same_401_and_only_the_log_tells_why() {
    let world = World::start("").await;
    let own = own(&world);
    let called_back = signed(&own, |_| {});
    let by_number = signed(&own, |params| {
        params.serial_number = Some(SerialNumber::from(0x4fa2_0199_u64));
    });
    for identity in [&called_back, &by_number] {
        assert_eq!(world.with_certificate(identity.clone()).await.status, 200);
    }
    let denied = format!(
        "certificate {}\nserial 4F:A2:01:99 CN = {NAME}\n",
        fingerprint(&called_back)
    );
    world.deny(&denied, &by_number).await;
    let rows = [
        (
            "expired",
            signed(&own, |params| params.not_after = date_time_ymd(2020, 1, 1)),
            "the client certificate has expired",
        ),
        (
            "not before later",
            signed(&own, |params| params.not_before = date_time_ymd(2999, 1, 1)),
            "the client certificate is not yet valid",
        ),
        (
            "wrong CA",
            signed(&stranger("other"), |_| {}),
            "the client certificate is signed by unknown authority",
        ),
        (
            "wrong CA of the same name",
            signed(&stranger(NAME), |_| {}),
            "the client certificate is signed by unknown authority",
        ),
        (
            "signed by a client",
            below_a_client(&own),
            "the client certificate is signed by unknown authority",
        ),
        (
            "wrong usage",
            signed(&own, |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }),
            "the client certificate is not for client authentication",
        ),
        (
            "no name",
            signed(&own, |params| {
                params.distinguished_name = DistinguishedName::new();
            }),
            "the client certificate has no common name",
        ),
        (
            "called back by its fingerprint",
            called_back,
            "who it is, or what was presented, is on the denial list",
        ),
        (
            "called back by its number",
            by_number,
            "who it is, or what was presented, is on the denial list",
        ),
    ];
    for (what, identity, reason) in rows {
        let lines = world.lines();
        let answer = world.with_certificate(identity).await;
        assert_refused(what, &answer, &world.reasons_since(lines), reason);
    }
    assert_eq!(world.with_certificate(signed(&own, |_| {})).await.status, 200);
    // As for kube-apiserver, one that names no use is for any.
    let any = signed(&own, |params| params.extended_key_usages.clear());
    assert_eq!(world.with_certificate(any).await.status, 200);
}
