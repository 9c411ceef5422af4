//! Who is asking, from what was presented.

// Inside a `cfg(test)` module, so that what is allowed in tests is allowed in their helpers.
#[cfg(test)]
mod identities {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, UNIX_EPOCH};

    use aws_lc_rs::digest::{SHA256, digest};
    use futures_util::FutureExt as _;
    use purser_authn::{ANONYMOUS, Authenticator, Certificate, Presented, Unauthenticated};
    use purser_types::User;
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, date_time_ymd};

    const UID: &[u64] = &[1, 3, 6, 1, 4, 1, 57683, 2];

    fn certificate(subject: &[(DnType, &str)]) -> Vec<u8> {
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        for (kind, value) in subject {
            name.push(kind.clone(), *value);
        }
        params.distinguished_name = name;
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2030, 1, 1);
        params
            .self_signed(&KeyPair::generate().unwrap())
            .unwrap()
            .der()
            .to_vec()
    }

    /// Who it is, for which nothing has to be waited for.
    fn at_once(
        authenticator: &Authenticator,
        presented: &Presented<'_>,
    ) -> Result<Arc<User>, Unauthenticated> {
        let identity = authenticator.authenticate(presented).now_or_never().unwrap()?;
        Ok(identity.user)
    }

    fn presentable(der: Vec<u8>) -> Arc<Certificate> {
        Arc::new(Certificate::new(vec![der.into()]).unwrap())
    }

    fn identify(certificate: &[u8]) -> Result<Arc<User>, Unauthenticated> {
        let presented = Presented {
            certificate: Some(&presentable(certificate.to_vec())),
            authorization: None,
            path: "",
        };
        at_once(&Authenticator::new(), &presented)
    }

    fn with_header(authorization: &[u8]) -> Result<Arc<User>, Unauthenticated> {
        let presented = Presented {
            certificate: None,
            authorization: Some(authorization),
            path: "",
        };
        at_once(&Authenticator::new(), &presented)
    }

    #[test]
    fn a_certificate_names_user_group_uid_and_credential() {
        let der = certificate(&[
            (DnType::OrganizationName, "system:masters"),
            (DnType::CommonName, "admin"),
            (DnType::CustomDnType(UID.to_vec()), "u-1"),
        ]);
        let user = identify(&der).unwrap();
        assert_eq!((user.name.as_str(), user.uid.as_str()), ("admin", "u-1"));
        assert_eq!(user.groups, ["system:masters", "system:authenticated"]);
        let hash: String = digest(&SHA256, &der)
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let credential = &user.extra["authentication.kubernetes.io/credential-id"];
        assert_eq!(*credential, [format!("X509SHA256={hash}")]);
        assert_eq!(user.extra.len(), 1);
    }

    /// The certificate with its organizational units turned into attributes `2.5.4.kind`: rcgen keeps one value a type.
    fn with_units_as(kind: u8, der: &[u8]) -> Vec<u8> {
        let unit = [0x06, 0x03, 0x55, 0x04, 0x0b];
        let mut changed = der.to_vec();
        for at in (0..der.len() - unit.len()).filter(|at| der[*at..].starts_with(&unit)) {
            changed[at + 4] = kind;
        }
        changed
    }

    #[test]
    fn every_organization_is_a_group() {
        let der = certificate(&[
            (DnType::OrganizationName, "devs"),
            (DnType::OrganizationalUnitName, "opss"),
            (DnType::CommonName, "jane"),
        ]);
        assert_eq!(
            identify(&with_units_as(0x0a, &der)).unwrap().groups,
            ["devs", "opss", "system:authenticated"]
        );
        assert_eq!(identify(&der).unwrap().groups, ["devs", "system:authenticated"]);
    }

    /// As in Go: whoever judges such a certificate by its first name would take it for another's.
    #[test]
    fn the_last_of_several_common_names_counts() {
        let units = [
            (DnType::CommonName, "jane"),
            (DnType::OrganizationalUnitName, "john"),
        ];
        for (order, last) in [([0, 1], "john"), ([1, 0], "jane")] {
            let der = certificate(&order.map(|at: usize| units[at].clone()));
            assert_eq!(identify(&with_units_as(0x03, &der)).unwrap().name, last);
        }
    }

    #[test]
    fn a_certificate_without_a_name_or_with_a_hollow_uid_identifies_nobody() {
        let nameless = certificate(&[(DnType::OrganizationName, "system:masters")]);
        assert_eq!(identify(&nameless), Err(Unauthenticated::NoName));
        let empty = certificate(&[(DnType::CommonName, "")]);
        assert_eq!(identify(&empty), Err(Unauthenticated::NoName));
        let hollow = certificate(&[
            (DnType::CommonName, "a"),
            (DnType::CustomDnType(UID.to_vec()), ""),
        ]);
        assert_eq!(identify(&hollow), Err(Unauthenticated::BadUid));
    }

    #[test]
    fn what_is_not_a_certificate_identifies_nobody() {
        let der = certificate(&[(DnType::CommonName, "a")]);
        for length in [0, 1, 10, der.len() - 1] {
            assert_eq!(identify(&der[..length]), Err(Unauthenticated::Unreadable));
        }
        assert_eq!(
            identify(&[&der[..], &[0]].concat()),
            Err(Unauthenticated::Unreadable)
        );
    }

    #[test]
    fn a_certificate_ends_while_the_connection_goes_on() {
        let now = Arc::new(AtomicU64::new(1_700_000_000));
        let clock = Arc::clone(&now);
        let clock = Arc::new(move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed)));
        let authenticator = Authenticator::with_clock(clock);
        let held = presentable(certificate(&[(DnType::CommonName, "a")]));
        let presented = Presented {
            certificate: Some(&held),
            authorization: None,
            path: "",
        };
        assert!(at_once(&authenticator, &presented).is_ok());
        for outside in [1_500_000_000, 1_900_000_000] {
            now.store(outside, Ordering::Relaxed);
            assert_eq!(at_once(&authenticator, &presented), Err(Unauthenticated::Expired));
        }
        now.store(1_700_000_000, Ordering::Relaxed);
        assert!(at_once(&authenticator, &presented).is_ok());
    }

    #[test]
    fn who_presents_nothing_is_anonymous() {
        for header in [None, Some(&b"Basic YTpi"[..]), Some(b"Bearer ")] {
            let presented = Presented {
                certificate: None,
                authorization: header,
                path: "",
            };
            let user = at_once(&Authenticator::new(), &presented).unwrap();
            assert_eq!(
                (user.name.as_str(), user.groups.as_slice()),
                (ANONYMOUS, &["system:unauthenticated".to_owned()][..])
            );
        }
    }

    #[test]
    fn a_token_that_nobody_knows_is_a_401_in_upstreams_words_and_is_not_repeated() {
        let error = with_header(b"Bearer canary-4711").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
        // Recorded from kube-apiserver 1.36.2.
        let recorded = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}"#;
        assert_eq!(String::from_utf8(error.status().to_json()).unwrap(), recorded);
    }

    #[test]
    fn a_certificate_that_holds_is_enough_whatever_token_comes_with_it() {
        let held = presentable(certificate(&[(DnType::CommonName, "a")]));
        let presented = Presented {
            certificate: Some(&held),
            authorization: Some(b"Bearer x"),
            path: "",
        };
        assert_eq!(at_once(&Authenticator::new(), &presented).unwrap().name, "a");
    }

    #[test]
    fn a_certificate_cannot_make_its_owner_both_anonymous_and_authenticated() {
        let der = certificate(&[(DnType::CommonName, ANONYMOUS), (DnType::OrganizationName, "g")]);
        assert_eq!(identify(&der).unwrap().groups, ["g"]);
        let der = certificate(&[
            (DnType::CommonName, "a"),
            (DnType::OrganizationName, "system:unauthenticated"),
        ]);
        assert_eq!(identify(&der).unwrap().groups, ["system:unauthenticated"]);
    }
}
