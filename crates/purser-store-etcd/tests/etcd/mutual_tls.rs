//! Mutual TLS, with certificates that are read for each connection.
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::cluster::Etcd;
use crate::cluster::trial::{set, set_patiently};
use purser_store_etcd::{EtcdStore, OpenError, Options, TlsFiles};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Writes a certificate and its key.
fn issue(
    etcd: &Etcd,
    authority: &Authority,
    name: &str,
    usage: ExtendedKeyUsagePurpose,
) -> (PathBuf, PathBuf) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.extended_key_usages = vec![usage];
    let certificate = params.signed_by(&key, authority).unwrap();
    let paths = (
        etcd.path(&format!("{name}.crt")),
        etcd.path(&format!("{name}.key")),
    );
    fs::write(&paths.0, certificate.pem()).unwrap();
    fs::write(&paths.1, key.serialize_pem()).unwrap();
    paths
}

fn files(etcd: &Etcd, ca: &str, client: &str) -> Options {
    Options {
        tls: TlsFiles {
            ca: Some(etcd.path(ca)),
            certificate: Some(etcd.path(&format!("{client}.crt"))),
            key: Some(etcd.path(&format!("{client}.key"))),
        },
        request_timeout: Duration::from_secs(2),
        ..etcd.options()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_sides_show_certificates_of_the_authority() {
    let mut etcd = Etcd::prepare("https", &["--client-cert-auth"]);
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    fs::write(etcd.path("ca.crt"), ours.pem()).unwrap();
    fs::write(etcd.path("other.crt"), theirs.pem()).unwrap();
    let server = issue(&etcd, &ours, "server", ExtendedKeyUsagePurpose::ServerAuth);
    issue(&etcd, &ours, "client", ExtendedKeyUsagePurpose::ClientAuth);
    issue(&etcd, &theirs, "stranger", ExtendedKeyUsagePurpose::ClientAuth);
    for (flag, path) in [
        ("--cert-file", server.0),
        ("--key-file", server.1),
        ("--trusted-ca-file", etcd.path("ca.crt")),
    ] {
        etcd.add([flag, path.to_str().unwrap()]);
    }
    etcd.run();
    let store = loop {
        match EtcdStore::open(files(&etcd, "ca.crt", "client")).await {
            Ok(store) => break store,
            Err(OpenError::Unreachable(why)) if why.contains("refused") => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => panic!("{error}\n{}", etcd.log()),
        }
    };
    set(&store, "/a", b"1").await.unwrap();

    let unreachable =
        |told: Option<OpenError>| assert!(matches!(told, Some(OpenError::Unreachable(_))), "{told:?}");
    unreachable(EtcdStore::open(files(&etcd, "ca.crt", "stranger")).await.err());
    unreachable(EtcdStore::open(files(&etcd, "other.crt", "client")).await.err());
    let mut nobody = files(&etcd, "ca.crt", "client");
    (nobody.tls.certificate, nobody.tls.key) = (None, None);
    unreachable(EtcdStore::open(nobody.clone()).await.err());
    nobody.tls.key = Some(etcd.path("client.key"));
    assert!(matches!(
        EtcdStore::open(nobody).await.err(),
        Some(OpenError::HalfCertificate)
    ));
    let told = EtcdStore::open(files(&etcd, "log", "client")).await.err();
    assert!(matches!(told, Some(OpenError::File { .. })), "{told:?}");

    // Another authority for everything: the next connection reads the files again.
    fs::write(etcd.path("ca.crt"), theirs.pem()).unwrap();
    issue(&etcd, &theirs, "server", ExtendedKeyUsagePurpose::ServerAuth);
    issue(&etcd, &theirs, "client", ExtendedKeyUsagePurpose::ClientAuth);
    etcd.kill();
    etcd.run();
    set_patiently(&store, "/b", b"2").await;
}
