//! Ways to more rights than one was given, collected from where they are written about; none leads anywhere.
//!
//! Each try is made by a user of its own, who holds some rules and takes some steps. After every try the user still
//! may not read the Secret that nobody was given.

mod attempt;
mod binding;
mod certificates;
mod giving;
mod reaching;

use attempt::attempt_all;

#[tokio::test]
async fn nobody_gets_more_by_writing_roles() {
    attempt_all(giving::tries()).await;
}

#[tokio::test]
async fn nobody_gets_more_by_binding_roles() {
    attempt_all(binding::tries()).await;
}

#[tokio::test]
async fn nobody_gets_more_by_asking_otherwise() {
    attempt_all(reaching::tries()).await;
}

#[tokio::test]
async fn nobody_becomes_another_by_certificate() {
    attempt_all(certificates::tries()).await;
}
