//! Any bytes as the messages of KMS.

use prost::Message;

use crate::encrypted_object::{
    EncryptedObject, MAX_ANNOTATIONS, MAX_KEY_ID, MAX_SOURCE, check_wrapped, data_head_len, encode_tail,
    write_data_head,
};
use crate::key_holder::Wrapped;
use crate::kms::wire::{v1, v2};
use crate::seed_cache::SeedId;

/// Any bytes as the message of a KMS v2 value: what is read is within its bounds, and reads the same when it is written
/// as upstream writes it.
pub fn encrypted_object(data: &[u8]) {
    let Ok(object) = EncryptedObject::decode(data) else {
        return;
    };
    let wrapped = object.wrapped();
    let annotations: usize = wrapped
        .annotations
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    assert!(
        wrapped.key_id.len() <= MAX_KEY_ID
            && wrapped.ciphertext.len() <= MAX_SOURCE
            && annotations <= MAX_ANNOTATIONS,
        "a bound is not kept"
    );
    assert!(
        check_wrapped(&wrapped).is_ok(),
        "what is read could not be written"
    );
    assert!(
        object.is_from(object.source_type, &wrapped),
        "it is not from its own seed"
    );
    let name = SeedId::of_wrapped(object.source_type, &wrapped);
    assert!(SeedId::of(&object) == name, "a seed has two names");

    let mut written = Vec::new();
    write_data_head(object.data.len(), &mut written);
    assert!(
        written.len() == data_head_len(object.data.len()),
        "a length is not what is said"
    );
    written.extend_from_slice(object.data);
    written.extend_from_slice(&encode_tail(object.source_type, &wrapped));
    let again = EncryptedObject::decode(&written);
    assert!(
        again.is_ok_and(|again| again.data == object.data && again.is_from(object.source_type, &wrapped)),
        "what was written reads otherwise"
    );
}

/// Any bytes as each message between an API server and a plugin.
pub fn kms_messages(data: &[u8]) {
    same::<v2::StatusRequest>(data);
    same::<v2::StatusResponse>(data);
    same::<v2::EncryptRequest>(data);
    same::<v2::DecryptRequest>(data);
    same::<v2::DecryptResponse>(data);
    same::<v1::VersionRequest>(data);
    same::<v1::VersionResponse>(data);
    same::<v1::EncryptRequest>(data);
    same::<v1::EncryptResponse>(data);
    same::<v1::DecryptRequest>(data);
    same::<v1::DecryptResponse>(data);
    if let Some(answer) = same::<v2::EncryptResponse>(data) {
        let wrapped = Wrapped {
            ciphertext: answer.ciphertext,
            key_id: answer.key_id,
            annotations: answer.annotations,
        };
        kept(&wrapped);
    }
}

/// What is read is written to what reads the same, and takes no more room than what it was read from.
fn same<M: Message + Default + PartialEq>(data: &[u8]) -> Option<M> {
    let read = M::decode(data).ok()?;
    let written = read.encode_to_vec();
    assert!(written.len() <= data.len() * 2, "a message grew out of nothing");
    let again = M::decode(written.as_slice());
    assert!(
        again.is_ok_and(|again| again == read),
        "what was written reads otherwise"
    );
    Some(read)
}

/// An answer that is taken makes values that can be read again.
fn kept(wrapped: &Wrapped) {
    if check_wrapped(wrapped).is_err() {
        return;
    }
    let source_type = crate::encrypted_object::SourceType::Seed;
    let mut stored = Vec::new();
    write_data_head(1, &mut stored);
    stored.push(0);
    stored.extend_from_slice(&encode_tail(source_type, wrapped));
    let read = EncryptedObject::decode(&stored);
    assert!(
        read.is_ok_and(|read| read.is_from(source_type, wrapped)),
        "what a plugin may answer cannot be read again"
    );
}
