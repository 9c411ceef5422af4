//! A request for a certificate.

use rcgen::{KeyPair, PublicKeyData as _};

use super::der::{SEQUENCE, context_of_parts, element, of_parts, unsigned};
use super::subject::{name, signed};
use crate::error::Error;

/// A request of PKCS#10 for a certificate of `key`, DER. Each field of the subject is `2.5.4.N` and its value.
///
/// # Errors
/// When the key does not sign.
pub(crate) fn request<'a>(
    subject: impl IntoIterator<Item = (u8, &'a str)>,
    key: &KeyPair,
) -> Result<Vec<u8>, Error> {
    let contents = [
        unsigned(&[0]),
        name(subject),
        key.subject_public_key_info(),
        element(context_of_parts(0), &[]),
    ];
    signed(of_parts(SEQUENCE, &contents), key)
}

#[cfg(test)]
mod tests {
    use purser_registry::certificates::CertificationRequest;

    use super::*;

    #[test]
    fn a_request_names_every_group_and_is_signed() {
        let key = KeyPair::generate().unwrap();
        let fields = [(10, "devs"), (10, "ops: ü"), (3, "jane")];
        let der = request(fields, &key).unwrap();
        let read = CertificationRequest::from_der(&der).unwrap();
        assert_eq!(read.organizations().collect::<Vec<_>>(), ["devs", "ops: ü"]);
        assert_eq!(read.common_name(), "jane");
        assert_eq!(read.public_key, key.subject_public_key_info());
        let forged = request(fields, &KeyPair::generate().unwrap()).unwrap();
        let other = &forged[forged.len() - 60..];
        let mixed = [&der[..der.len() - 60], other].concat();
        assert!(CertificationRequest::from_der(&mixed).is_err());
    }
}
