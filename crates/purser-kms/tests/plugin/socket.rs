//! The socket itself.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use purser_encryption::kms::Endpoint;
use purser_kms::{ListenError, Listening};

use crate::holder::Remote;
use crate::support::Running;

#[tokio::test]
async fn nobody_else_may_connect_and_nobody_else_may_listen() {
    let running = Running::new(Remote::new()).await;
    let mode = fs::metadata(running.socket()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let endpoint = Endpoint::parse(&running.url()).unwrap();
    assert!(matches!(
        Listening::at(&endpoint, None).await,
        Err(ListenError::InUse(_))
    ));
    let directory = running.stopped().await;
    assert!(!directory.path().join("kms.sock").exists(), "it is removed");
}

#[tokio::test]
async fn the_socket_of_a_process_that_is_gone_is_replaced_and_a_file_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("kms.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let endpoint = Endpoint::parse(&format!("unix://{}", path.display())).unwrap();
    let listening = Listening::at(&endpoint, Some(0o660)).await.unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    drop(listening);
    fs::write(&path, "precious").unwrap();
    let refused = Listening::at(&endpoint, None).await.unwrap_err();
    assert!(matches!(refused, ListenError::NotASocket(_)), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[tokio::test]
async fn an_abstract_socket_is_one_too() {
    let name = format!("unix:///@purser-kms-test-{}", std::process::id());
    let endpoint = Endpoint::parse(&name).unwrap();
    let first = Listening::at(&endpoint, None).await.unwrap();
    assert!(Listening::at(&endpoint, None).await.is_err());
    drop(first);
    assert!(Listening::at(&endpoint, None).await.is_ok());
}
