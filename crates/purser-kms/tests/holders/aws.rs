//! AWS KMS, as moto has it.

use std::fs;
use std::time::SystemTime;

use purser_encryption::{OpenError, Wrapped};
use purser_kms::{Destruction, HolderError, HolderSpec};

use crate::duties::{destroy, does_its_duties, files, open, spec};
use crate::moto::Moto;

#[tokio::test]
async fn a_key_of_aws_wraps_and_an_alias_that_leads_elsewhere_is_another_key() {
    let Some(moto) = Moto::start() else { return };
    let home = tempfile::tempdir().unwrap();
    let credentials = home.path().join("credentials");
    fs::write(
        &credentials,
        "[default]\naws_access_key_id = AK\naws_secret_access_key = hunter2\n",
    )
    .unwrap();
    let word = |key: &str| {
        format!(
            "aws-kms:eu-central-1/{key}?endpoint=http://127.0.0.1:{}&credentials-file={}",
            moto.port,
            credentials.display()
        )
    };
    let (first, second) = (moto.key(), moto.key());
    moto.alias("CreateAlias", &first);
    let holder = open(&word("alias/purser")).await;
    let before = does_its_duties(holder.as_ref()).await;
    assert!(before.key_id.starts_with("arn:aws:kms:eu-central-1:") && before.key_id.ends_with(&first));
    moto.alias("UpdateAlias", &second);
    assert!(holder.key_id().await.unwrap().ends_with(&second));
    assert!(does_its_duties(holder.as_ref()).await.key_id.ends_with(&second));
    assert_eq!(*holder.unwrap(&before).await.unwrap(), [7; 32]);
    let foreign = Wrapped {
        key_id: before.key_id.replace(":kms:eu-central-1:", ":kms:eu-central-1:9"),
        ..before
    };
    assert!(matches!(holder.unwrap(&foreign).await, Err(OpenError::NoKey(_))));
    let missing = open(&word("alias/none"))
        .await
        .key_id()
        .await
        .unwrap_err()
        .to_string();
    assert!(!missing.contains("hunter2"), "{missing}");
    let destruction = destroy(&word("alias/purser"), &before.key_id).await.unwrap();
    let Destruction::Scheduled { at } = destruction else {
        panic!("{destruction:?}")
    };
    let days = at.duration_since(SystemTime::now()).unwrap().as_secs() / 86_400;
    assert!((6..=7).contains(&days), "{days}");
    let again = destroy(&word("alias/purser"), &before.key_id).await.unwrap();
    assert_eq!(again, destruction, "it is scheduled once");
    let now = holder.key_id().await.unwrap();
    let refused = destroy(&word("alias/purser"), &now).await;
    assert!(matches!(refused, Err(HolderError::InUse(_))), "{refused:?}");
    moto.call("DisableKey", &format!(r#"{{"KeyId":"{second}"}}"#));
    let said = holder.key_id().await.unwrap_err().to_string();
    assert!(said.contains("Disabled: enable it"), "{said}");
}

#[tokio::test]
async fn aws_that_is_away_is_told_and_keys_are_not_made_here() {
    let home = tempfile::tempdir().unwrap();
    let credentials = home.path().join("credentials");
    let word = format!(
        "aws-kms:eu-central-1/alias/a?endpoint=http://127.0.0.1:1&credentials-file={}",
        credentials.display()
    );
    assert!(
        spec(&word).open(files()).await.is_err(),
        "there are no credentials"
    );
    fs::write(
        &credentials,
        "[default]\naws_access_key_id = AK\naws_secret_access_key = hunter2\n",
    )
    .unwrap();
    let said = open(&word).await.key_id().await.unwrap_err().to_string();
    assert!(said.contains("AWS KMS: ") && !said.contains("hunter2"), "{said}");
    let spec: HolderSpec = spec(&word);
    let refused = spec.rotating(files()).err().unwrap().to_string();
    assert!(refused.contains("an alias"), "{refused}");
}
