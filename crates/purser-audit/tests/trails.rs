//! A request's events, as they are found in the file.

// Inside a `cfg(test)` module, so that what is allowed in tests is allowed in their helpers.
#[cfg(test)]
mod trails {
    use std::collections::BTreeMap;
    use std::fs;
    use std::net::IpAddr;
    use std::path::PathBuf;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use purser_audit::{Answer, Audit, LogSink, ObjectReference, Request, SinkOptions};
    use purser_types::status::{Cause, Details};
    use purser_types::{Status, User};
    use serde_json::Value;
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;

    const PATIENCE: Duration = Duration::from_secs(10);

    struct Log {
        _home: tempfile::TempDir,
        path: PathBuf,
        now: Arc<Mutex<SystemTime>>,
        audit: Audit,
    }

    impl Log {
        fn new() -> Self {
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join("audit.log");
            let sink = Arc::new(LogSink::open(&path, SinkOptions::default()).unwrap());
            let now = Arc::new(Mutex::new(UNIX_EPOCH));
            let clock = Arc::clone(&now);
            let audit = Audit::with_clock(Some(sink), Arc::new(move || *clock.lock().unwrap()));
            Self {
                _home: home,
                path,
                now,
                audit,
            }
        }

        fn set_time(&self, instant: SystemTime) {
            *self.now.lock().unwrap() = instant;
        }

        async fn lines(&self) -> Vec<String> {
            self.audit.sink().unwrap().flush(PATIENCE).await.unwrap();
            fs::read_to_string(&self.path)
                .unwrap()
                .lines()
                .map(str::to_owned)
                .collect()
        }

        async fn events(&self) -> Vec<Value> {
            self.lines()
                .await
                .iter()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect()
        }
    }

    fn text(value: &Value) -> String {
        value.as_str().unwrap_or_default().to_owned()
    }

    fn leaked(value: &Value) -> &'static str {
        Box::leak(text(value).into_boxed_str())
    }

    fn list(value: &Value) -> Vec<String> {
        value.as_array().into_iter().flatten().map(text).collect()
    }

    fn instant(value: &Value) -> SystemTime {
        OffsetDateTime::parse(value.as_str().unwrap(), &Rfc3339)
            .unwrap()
            .into()
    }

    fn user(value: &Value) -> Option<User> {
        let extra = value["extra"].as_object().into_iter().flatten();
        let extra: BTreeMap<_, _> = extra.map(|(key, value)| (key.clone(), list(value))).collect();
        let user = User {
            name: text(&value["username"]),
            uid: text(&value["uid"]),
            groups: list(&value["groups"]),
            extra,
        };
        (!user.name.is_empty()).then_some(user)
    }

    fn object(value: &Value) -> Option<ObjectReference> {
        value.is_object().then(|| ObjectReference {
            resource: text(&value["resource"]),
            namespace: text(&value["namespace"]),
            name: text(&value["name"]),
            uid: text(&value["uid"]),
            api_group: text(&value["apiGroup"]),
            api_version: text(&value["apiVersion"]),
            resource_version: text(&value["resourceVersion"]),
            subresource: text(&value["subresource"]),
        })
    }

    fn failure(value: &Value) -> Status {
        let causes = value["details"]["causes"].as_array().into_iter().flatten();
        let cause = |cause: &Value| Cause {
            reason: leaked(&cause["reason"]),
            message: text(&cause["message"]),
            field: text(&cause["field"]),
        };
        let details = value["details"].is_object().then(|| Details {
            name: text(&value["details"]["name"]),
            group: text(&value["details"]["group"]),
            kind: text(&value["details"]["kind"]),
            uid: text(&value["details"]["uid"]),
            causes: causes.map(cause).collect(),
            retry_after_seconds: 0,
        });
        let code = u16::try_from(value["code"].as_u64().unwrap()).unwrap();
        Status::new(code, leaked(&value["reason"]), text(&value["message"]), details)
    }

    /// The event that the same request leaves in our log.
    async fn repeat(event: &Value) -> String {
        let log = Log::new();
        log.set_time(instant(&event["requestReceivedTimestamp"]));
        let (user, object) = (user(&event["user"]), object(&event["objectRef"]));
        let ips: Vec<IpAddr> = list(&event["sourceIPs"])
            .iter()
            .map(|ip| ip.parse().unwrap())
            .collect();
        let mut trail = log.audit.open(&Request {
            audit_id: Some(event["auditID"].as_str().unwrap().as_bytes()),
            uri: event["requestURI"].as_str().unwrap(),
            verb: event["verb"].as_str().unwrap(),
            user: user.as_ref(),
            source_ips: &ips,
            user_agent: event["userAgent"].as_str().unwrap_or_default().as_bytes(),
            object: object.as_ref(),
        });
        for (key, value) in event["annotations"].as_object().into_iter().flatten() {
            let key: &'static str = Box::leak(key.clone().into_boxed_str());
            trail.annotate(key, value.as_str().unwrap());
        }
        if let Some(decision) = event["annotations"]["authorization.k8s.io/decision"].as_str() {
            let reason = event["annotations"]["authorization.k8s.io/reason"]
                .as_str()
                .unwrap();
            trail.authorized(decision == "allow", reason);
        }
        log.set_time(instant(&event["stageTimestamp"]));
        let status = &event["responseStatus"];
        let failed = (status["status"] == "Failure").then(|| failure(status));
        let answer = match &failed {
            Some(status) => Answer::Failure(status),
            None => Answer::Code(u16::try_from(status["code"].as_u64().unwrap_or(0)).unwrap()),
        };
        match event["stage"].as_str().unwrap() {
            "RequestReceived" => trail.received().await.unwrap(),
            "ResponseStarted" => trail.started(answer).await.unwrap(),
            "ResponseComplete" => trail.complete(answer).await.unwrap(),
            other => panic!("{other}"),
        }
        log.lines().await.swap_remove(0)
    }

    #[tokio::test]
    async fn events_are_written_as_kube_apiserver_writes_them_without_what_quotes_the_request() {
        let mut compared = 0;
        for line in include_str!("data/events.jsonl").lines() {
            let mut event: Value = serde_json::from_str(line).unwrap();
            let ours = repeat(&event).await;
            if event["responseStatus"]["status"] == "Failure"
                && matches!(event["responseStatus"]["code"].as_u64(), Some(400 | 422))
            {
                let status = event["responseStatus"].as_object_mut().unwrap();
                status.remove("message");
                if let Some(details) = status.get_mut("details").and_then(Value::as_object_mut) {
                    details.remove("causes");
                }
                assert_eq!(serde_json::from_str::<Value>(&ours).unwrap(), event);
            } else {
                assert_eq!(ours, line);
            }
            compared += 1;
        }
        assert_eq!(compared, 42);
    }

    fn request() -> Request<'static> {
        Request {
            uri: "/api/v1/namespaces/n/secrets/a",
            verb: "get",
            ..Request::default()
        }
    }

    #[tokio::test]
    async fn the_sentences_of_a_refused_body_stay_out() {
        let log = Log::new();
        let cause = Cause {
            reason: "FieldValueInvalid",
            message: "Invalid value: \"canary\"".to_owned(),
            field: "data[canary]".to_owned(),
        };
        let details = Details {
            name: "a".to_owned(),
            causes: vec![cause],
            ..Details::default()
        };
        for code in [400, 422] {
            let status = Status::new(
                code,
                "Invalid",
                "Invalid value: \"canary\"",
                Some(details.clone()),
            );
            log.audit
                .open(&request())
                .complete(Answer::Failure(&status))
                .await
                .unwrap();
        }
        let lines = log.lines().await;
        assert_eq!(lines.len(), 2);
        assert!(
            lines
                .iter()
                .all(|line| !line.contains("canary") && line.contains("Invalid")),
            "{lines:?}"
        );
    }

    #[tokio::test]
    async fn what_a_client_sends_is_bounded() {
        let log = Log::new();
        let uri = format!("/api?x={}", "y".repeat(100_000));
        let agent = [b'z'; 5000];
        let ips: Vec<IpAddr> = (0..200).map(|last| IpAddr::from([10, 0, 0, last])).collect();
        let request = Request {
            uri: &uri,
            user_agent: &agent,
            source_ips: &ips,
            ..request()
        };
        log.audit
            .open(&request)
            .complete(Answer::Code(200))
            .await
            .unwrap();
        let event = log.events().await.swap_remove(0);
        assert_eq!(text(&event["requestURI"]).len(), 4096 + "...TRUNCATED".len());
        assert_eq!(
            text(&event["userAgent"]),
            format!("{}...TRUNCATED", "z".repeat(1024))
        );
        let addresses = list(&event["sourceIPs"]);
        assert_eq!(
            (addresses.len(), addresses.last().unwrap().as_str()),
            (16, "10.0.0.199")
        );
    }

    #[tokio::test]
    async fn an_event_is_bounded_whatever_is_named() {
        let log = Log::new();
        let long = "n".repeat(1 << 20);
        let object = ObjectReference {
            resource: long.clone(),
            namespace: long.clone(),
            subresource: long.clone(),
            ..Default::default()
        };
        let request = Request {
            verb: &long,
            object: Some(&object),
            ..request()
        };
        let mut trail = log.audit.open(&request);
        trail.carried(&ObjectReference {
            name: long.clone(),
            uid: long.clone(),
            resource_version: long.clone(),
            ..Default::default()
        });
        let details = Details {
            name: long.clone(),
            group: long.clone(),
            kind: long.clone(),
            uid: long.clone(),
            ..Details::default()
        };
        for code in [404, 422] {
            let status = Status::new(code, "NotFound", long.clone(), Some(details.clone()));
            trail.started(Answer::Failure(&status)).await.unwrap();
        }
        drop(trail);
        for line in log.lines().await {
            assert!(line.len() < 32 << 10, "{} bytes", line.len());
        }
    }

    #[tokio::test]
    async fn bytes_that_are_not_text_do_not_break_a_line() {
        let log = Log::new();
        let request = Request {
            user_agent: b"a\xff\nb\0",
            ..request()
        };
        log.audit
            .open(&request)
            .complete(Answer::Code(200))
            .await
            .unwrap();
        assert_eq!(text(&log.events().await[0]["userAgent"]), "a\u{fffd}\nb\0");
    }

    #[tokio::test]
    async fn a_client_may_choose_a_decent_audit_id_only() {
        let log = Log::new();
        let id = |id: Option<&[u8]>| {
            log.audit
                .open(&Request {
                    audit_id: id,
                    ..request()
                })
                .id()
                .to_owned()
        };
        assert_eq!(id(Some(b"abc-1")), "abc-1");
        let long = [b'x'; 65];
        for other in [
            None,
            Some(&b""[..]),
            Some(b"a b"),
            Some(b"a\nb"),
            Some(b"\xff"),
            Some(&long),
        ] {
            assert_eq!(id(other).len(), 36, "{other:?}");
        }
        assert_ne!(id(None), id(None));
    }

    #[tokio::test]
    async fn a_watch_has_three_events_under_one_id() {
        let log = Log::new();
        let mut trail = log.audit.open(&request());
        trail.received().await.unwrap();
        trail.started(Answer::Code(200)).await.unwrap();
        trail.complete(Answer::Code(200)).await.unwrap();
        let events = log.events().await;
        let stages: Vec<_> = events.iter().map(|event| text(&event["stage"])).collect();
        assert_eq!(stages, ["RequestReceived", "ResponseStarted", "ResponseComplete"]);
        assert!(
            events
                .iter()
                .all(|event| event["auditID"] == events[0]["auditID"])
        );
    }

    #[tokio::test]
    async fn who_is_turned_away_leaves_one_event() {
        let log = Log::new();
        let status = Status::new(401, "Unauthorized", "Unauthorized", None);
        log.audit
            .open(&request())
            .turned_away(Answer::Failure(&status))
            .await
            .unwrap();
        let events = log.events().await;
        assert_eq!(events.len(), 1);
        assert_eq!(
            (text(&events[0]["stage"]).as_str(), &events[0]["user"]),
            ("ResponseStarted", &serde_json::json!({}))
        );
    }

    #[tokio::test]
    async fn what_ends_by_being_dropped_is_on_record_all_the_same() {
        let log = Log::new();
        let mut trail = log.audit.open(&request());
        trail.started(Answer::Code(200)).await.unwrap();
        drop(trail);
        let trail = log.audit.open(&request());
        let panicked = tokio::spawn(async move {
            let _trail = trail;
            panic!("canary");
        });
        assert!(panicked.await.is_err());
        let events = log.events().await;
        assert_eq!(text(&events[1]["stage"]), "ResponseComplete");
        assert_eq!(events[1]["responseStatus"]["code"], 200);
        assert_eq!(text(&events[2]["stage"]), "Panic");
        assert_eq!(events[2]["responseStatus"]["code"], 500);
        assert!(!format!("{events:?}").contains("canary"));
    }

    #[tokio::test]
    async fn names_out_of_the_body_fill_blanks_only() {
        let log = Log::new();
        let object = ObjectReference {
            resource: "secrets".to_owned(),
            namespace: "n".to_owned(),
            ..Default::default()
        };
        let mut trail = log.audit.open(&Request {
            object: Some(&object),
            ..request()
        });
        let body = ObjectReference {
            namespace: "other".to_owned(),
            name: "a".to_owned(),
            uid: "u".to_owned(),
            resource_version: "7".to_owned(),
            ..Default::default()
        };
        trail.carried(&body);
        trail.named("b");
        trail.complete(Answer::Code(201)).await.unwrap();
        let expected = r#"{"resource":"secrets","namespace":"n","name":"a","uid":"u","resourceVersion":"7"}"#;
        assert!(log.lines().await[0].contains(expected));
    }

    #[tokio::test]
    async fn without_a_sink_there_are_ids_and_no_events() {
        let audit = Audit::new(None);
        let mut trail = audit.open(&request());
        assert_eq!(trail.id().len(), 36);
        trail.received().await.unwrap();
        trail.complete(Answer::Code(200)).await.unwrap();
    }
}
