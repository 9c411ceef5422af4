//! What looks like a credential, and what does not: two tables. The positives are made up in the shape of the real
//! thing; parts are joined here so that scanners of this repository are not alarmed.

use purser_admission::looks::credential;

fn joined(parts: &[&str]) -> String {
    parts.concat()
}

const BODY_36: &str = "q7Zt0Kx3VbN8mWcR5yLpD2sHf9JgT4aUeB6i";

#[test]
fn shapes_that_only_credentials_have_are_seen_under_any_key() {
    let rows: &[(&str, String)] = &[
        (
            "a private key",
            joined(&[
                "-----BEGIN ",
                "RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n",
            ]),
        ),
        (
            "a private key",
            joined(&["-----BEGIN ", "PRIVATE KEY-----\nMIIE"]),
        ),
        (
            "a private key",
            joined(&["text before\n-----BEGIN ", "OPENSSH PRIVATE KEY-----\nb3Bl"]),
        ),
        (
            "a private key",
            joined(&["-----BEGIN ", "EC PRIVATE KEY-----\nMHc"]),
        ),
        (
            "a private key",
            joined(&["-----BEGIN ", "PGP PRIVATE KEY BLOCK-----\n\nlQ"]),
        ),
        (
            "a private key",
            joined(&["key: LS0tLS1CRUdJTi", "BQUklWQVRFIEtFWS0tLS0tCk1JSUU="]),
        ),
        (
            "a private key",
            joined(&["PuTTY-User-Key-File-", "3: ssh-ed25519\n"]),
        ),
        ("an AWS access key", joined(&["AK", "IAY3T6H2QK5XNB7WPD"])),
        (
            "an AWS access key",
            joined(&["[default]\naws_access_key_id = AK", "IAY3T6H2QK5XNB7WPD\n"]),
        ),
        ("a GitHub token", joined(&["gh", "p_", BODY_36])),
        ("a GitHub token", joined(&["url: x\ntoken: gh", "s_", BODY_36])),
        ("a GitHub token", joined(&["github", "_pat_11ABCDE", BODY_36])),
        ("a GitLab token", joined(&["gl", "pat-x9Kq3ZtVbN8mWcR5yLpD"])),
        (
            "a Slack token",
            joined(&["xo", "xb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"]),
        ),
        (
            "a Slack webhook",
            joined(&[
                "https://hooks.slack",
                ".com/services/T01ABCDEF/B01ABCDEF/AbCdEfGhIjKlMnOpQrStUvWx",
            ]),
        ),
        (
            "a Google API key",
            joined(&["AI", "zaSyD3x9Kq3ZtVbN8mWcR5yLpD2sHf9JgT4aU"]),
        ),
        (
            "a Google OAuth client secret",
            joined(&["GOC", "SPX-x9Kq3ZtVbN8mWcR5yLpD2sHf9Jg7"]),
        ),
        ("a Stripe key", joined(&["sk", "_live_x9Kq3ZtVbN8mWcR5yLpD2sHf"])),
        (
            "an npm token",
            joined(&["//registry.example.com/:_authToken=np", "m_", BODY_36]),
        ),
        (
            "a PyPI token",
            joined(&["py", "pi-AgEIcHlwaS5vcmcCJ", BODY_36, BODY_36]),
        ),
        (
            "a JSON Web Token",
            joined(&[
                "ey",
                "JhbGciOiJIUzI1NiJ9.ey",
                "JzdWIiOiIxMjM0In0.x9Kq3ZtVbN8mWcR5yLpD2sHf9JgT4aUeB6iq7Z",
            ]),
        ),
        (
            "an age secret key",
            joined(&[
                "AGE-SECRET",
                "-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQ5",
            ]),
        ),
        (
            "a Vault token",
            joined(&["hv", "s.CAESIx9Kq3ZtVbN8mWcR5yLpD2sHf9JgT4aUeB6i"]),
        ),
        (
            "a URL with a password",
            joined(&["postgres://app:", "s3cr3tpw@db.internal:5432/app"]),
        ),
        (
            "a URL with a password",
            joined(&["REDIS_URL=redis://:", "hunter2hunter2@cache:6379/0"]),
        ),
        (
            "a kubeconfig with credentials",
            joined(&[
                "kind: Config\nusers:\n- name: a\n  user:\n    token",
                ": abcdef0123456789\n",
            ]),
        ),
        (
            "a kubeconfig with credentials",
            joined(&["users:\n- user:\n    client-key", "-data: LS0tLS1CRUdJ\n"]),
        ),
        (
            "a container registry login",
            joined(&[
                "{\"auths\":{\"r.example.com\":{\"auth",
                "\":\"dTpwYXNzd29yZA==\"}}}",
            ]),
        ),
    ];
    for (what, text) in rows {
        assert_eq!(
            credential("config", text).map(|seen| seen.what),
            Some(*what),
            "{text}"
        );
    }
}

#[test]
fn random_values_under_telling_keys_are_seen() {
    let rows = [
        ("password", "Tr0ub4dor&3x"),
        ("DB_PASSWORD", "x9Kq3ZtVbN8m"),
        ("apiKey", "f3a9c1d27b8e4056a1b2c3d4e5f60718"),
        ("client-secret", "x9Kq3~ZtVbN8mWcR5yLpD2sHf9JgT4aU"),
        ("app.env", "LOG=debug\nDB_PASSWORD=Tr0ub4dor&3x\n"),
        ("app.yaml", "db:\n  host: db\n  password: \"x9Kq3ZtVbN8m\"\n"),
        (
            "app.json",
            "{\n  \"api_key\": \"f3a9c1d27b8e4056a1b2c3d4e5f60718\",\n}",
        ),
        (
            "run.sh",
            "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
        ),
    ];
    for (key, text) in rows {
        assert_eq!(
            credential(key, text).map(|seen| seen.what),
            Some("a credential"),
            "{key}: {text}"
        );
    }
}

#[test]
fn the_line_is_told_when_there_are_several() {
    let seen = credential("app.env", "A=1\nB=2\nPASSWORD=x9Kq3ZtVbN8m\n").expect("a finding");
    assert_eq!(seen.line, 3);
    assert_eq!(
        credential("password", "x9Kq3ZtVbN8m\n").map(|seen| seen.line),
        Some(0)
    );
}

#[test]
fn what_is_not_a_credential_is_let_through() {
    let rows: &[(&str, &str)] = &[
        ("uuid", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        ("token", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        (
            "checksum",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ),
        (
            "secret-checksum",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ),
        ("commit", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (
            "image",
            "registry.example.com/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ),
        (
            "ca.crt",
            "-----BEGIN CERTIFICATE-----\nMIIDBTCCAe2gAwIBAgIIQk8pZx3\n-----END CERTIFICATE-----\n",
        ),
        (
            "key.pub",
            "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkq\n-----END PUBLIC KEY-----\n",
        ),
        ("ca.b64", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUQ="),
        (
            "ssh",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKq3ZtVbN8mWcR5yLpD2sHf9JgT4aUeB6iq7ZtKx3Vb me@host",
        ),
        ("url", "https://example.com/path?x=1"),
        ("url", "postgres://app@db.internal:5432/app"),
        ("url", "postgres://app:$(DB_PASSWORD)@db.internal/app"),
        ("url", "postgres://app:${DB_PASSWORD}@db.internal/app"),
        ("url", "postgres://app:<password>@db.internal/app"),
        ("url", "postgres://user:password@localhost/app"),
        (
            "git",
            "git@github.com:org/repo.git and https://host:8443/@scope/pkg",
        ),
        ("password", "changeme"),
        ("password", "************"),
        ("password", "${PASSWORD_FROM_ENV}"),
        ("password-file", "/run/secrets/db-password-9f86d081"),
        ("secretName", "my-db-credentials-v2-2024x7"),
        ("secret", "my-db-credentials"),
        ("secret", "app-tls-v2"),
        ("token-ttl", "3600s-9Kq3Zt"),
        ("token_endpoint", "https://login.example.com/oauth2/v2.0/token"),
        ("tokenizer", "cl100k_base_V2x9Kq3Zt"),
        ("password", "SomeCamelCaseSettingName"),
        ("password_policy", "min8chars1Upper1digit"),
        (
            "app.properties",
            "# password=Tr0ub4dor&3x is an example\nspring.datasource.password=${DB_PASSWORD}\n",
        ),
        (
            "values.yaml",
            "auth:\n  existingSecret: my-db-secret-9f86\n  passwordKey: db-password\n  secretRef:\n    name: a1b2c3d4e5\n",
        ),
        (
            "readme",
            "tokens look like ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        ),
        (
            "jwks",
            "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"kid\":\"a1\",\"n\":\"x9Kq3ZtVbN8mWcR5yLpD2sHf9JgT4aUeB6iq7Z\"}]}",
        ),
        (
            "kubeconfig",
            "kind: Config\nusers:\n- name: a\n  user:\n    tokenFile: /var/run/secrets/token\n",
        ),
        ("version", "v1.36.2+9f86d081884c7d65"),
        ("cert-manager.io/common-name", "app.example.com"),
        (
            "eks.amazonaws.com/role-arn",
            "arn:aws:iam::123456789012:role/app-secret-reader",
        ),
        ("lua", "local token = ngx.var.http_x_token\n"),
        (
            "nginx.conf",
            "proxy_set_header Authorization $http_authorization;\n",
        ),
    ];
    for (key, text) in rows {
        assert_eq!(credential(key, text), None, "{key}: {text}");
    }
}

#[test]
fn a_megabyte_is_looked_at_in_one_pass() {
    // Nothing here backtracks: twice the text takes about twice the time, which a test cannot measure reliably;
    // this one ends within the harness's patience even unoptimised.
    for unit in [
        "-----BEGIN ",
        "://a:",
        "eyJ",
        "LS0tLS1CRUdJTi",
        "token:",
        "password=x9Kq3ZtVbN8m ",
        "{\"auths\"",
    ] {
        let text = unit.repeat((1 << 20) / unit.len());
        let _ = credential("blob", &text);
    }
}
