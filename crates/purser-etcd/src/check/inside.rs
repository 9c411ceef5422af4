//! What a cluster says of itself to a client: versions, members, alarms, who may what.

use tonic::Code;

use super::client::{Client, Refusal};
use super::report::{Report, Severity};
use super::target::Target;
use super::wire::{
    AUTH_STATUS, AUTHENTICATE, AuthStatusResponse, AuthenticateRequest, MEMBER_LIST, MemberListResponse,
    Nothing, STATUS, StatusResponse, USER_GET, USER_LIST, UserGetRequest, UserGetResponse, UserListResponse,
};
use crate::layout::ADMINISTRATOR;

/// The subject of what is about all members.
pub(super) const CLUSTER: &str = "the cluster";
/// The role that may do everything.
const ROOT_ROLE: &str = "root";
/// The most users that are asked about.
const MOST_USERS: usize = 100;
/// A user that is nobody's.
const NOBODY: &str = "purser-etcd-check";

/// Asks a member how it is; answers whether it answers.
pub(super) async fn member(report: &mut Report, target: &Target, client: &Client) -> bool {
    let subject = target.to_string();
    let status: StatusResponse = match client.ask(STATUS, Nothing {}).await {
        Ok(status) => status,
        Err(Refusal { sentence, .. }) => {
            for check in ["version", "alarms"] {
                report.failed(check, subject.clone(), sentence.clone());
            }
            return false;
        }
    };
    version(report, &subject, &status.version);
    if !status.errors.is_empty() {
        report.find(
            Severity::High,
            "alarms",
            subject,
            format!("it says: {}", status.errors.join("; ")),
            "etcdctl alarm list; for NOSPACE: etcdctl compact REVISION, etcdctl defrag --cluster, etcdctl alarm disarm; \
             for CORRUPT: replace the member that differs",
        );
    } else if status.leader == 0 {
        report.find(
            Severity::High,
            "alarms",
            subject,
            "it knows of no leader: nothing can be written",
            "etcdctl endpoint status --cluster; start the members that are missing",
        );
    } else {
        report.pass("alarms", subject, "it knows the leader, and no alarm");
    }
    true
}

/// Judges a version. Source: etcd's CHANGELOG/README.md: not 3.5.0 to 3.5.2; at least 3.4.22 and 3.5.6.
fn version(report: &mut Report, subject: &str, text: &str) {
    const CHECK: &str = "version";
    let parts: Vec<_> = text
        .split(['.', '-', '+'])
        .map_while(|part| part.parse::<u32>().ok())
        .collect();
    let upgrade = "upgrade the members one by one, to the newest 3.5 or 3.6; take a snapshot first: etcdctl snapshot save FILE";
    let evidence = format!("it says that it is etcd {text}");
    let found = match parts.as_slice() {
        [3, 5, 0..=2, ..] => Some((
            Severity::Critical,
            "under load, members of these versions can lose writes and differ from each other",
        )),
        [3, 5, 3..=5, ..] | [3, 4, 0..=21, ..] => Some((
            Severity::Medium,
            "before 3.4.22 and 3.5.6 members can come to differ, with auth or after a crash",
        )),
        [3, 4, ..] => Some((Severity::Medium, "nobody mends 3.4 any more")),
        [0..=2, ..] | [3, 0..=3, ..] => Some((Severity::High, "nobody has mended this version for years")),
        [_, _, _, ..] => None,
        _ => {
            report.failed(CHECK, subject, "what it says is no version");
            return;
        }
    };
    match found {
        Some((severity, why)) => report.find(severity, CHECK, subject, format!("{evidence}: {why}"), upgrade),
        None => report.pass(CHECK, subject, evidence),
    }
}

/// Asks who the members are; answers the URLs at which peers call them.
pub(super) async fn members(report: &mut Report, client: &Client) -> Vec<String> {
    const CHECK: &str = "quorum";
    let MemberListResponse { members } = match client.ask(MEMBER_LIST, Nothing {}).await {
        Ok(list) => list,
        Err(Refusal { sentence, .. }) => {
            report.failed(CHECK, CLUSTER, sentence);
            return Vec::new();
        }
    };
    let voting = members.iter().filter(|member| !member.is_learner).count();
    let add = "etcdctl member add NAME --peer-urls https://IP:2380, one at a time";
    match voting {
        1 => report.find(
            Severity::Low,
            CHECK,
            CLUSTER,
            "it has one member, whose failure stops everything and whose disk is all there is",
            add,
        ),
        even if even % 2 == 0 => report.find(
            Severity::Medium,
            CHECK,
            CLUSTER,
            format!(
                "it has {even} members, which bear {} failures, as {} do, and are one more that can fail",
                even / 2 - 1,
                even - 1
            ),
            format!("{add}; or etcdctl member remove ID"),
        ),
        odd => report.pass(
            CHECK,
            CLUSTER,
            format!("it has {odd} members, which bear {} failures", odd / 2),
        ),
    }
    for member in &members {
        for url in member.peer_urls.iter().chain(&member.client_urls) {
            if url.starts_with("http://") {
                report.find(
                    Severity::High,
                    "plain-text",
                    format!("member {}", member.name),
                    format!("it is announced to others at {url}"),
                    "etcdctl member update ID --peer-urls https://IP:2380, and https URLs in its configuration",
                );
            }
        }
    }
    members.into_iter().flat_map(|member| member.peer_urls).collect()
}

/// Asks whether rights are checked, and who has all of them.
pub(super) async fn rights(report: &mut Report, client: &Client) {
    const CHECK: &str = "auth";
    match enabled(client).await {
        Err(sentence) => report.failed(CHECK, CLUSTER, sentence),
        Ok(false) => report.find(
            Severity::Medium,
            CHECK,
            CLUSTER,
            "it says that authentication is not enabled: whoever is let in at all may read and write everything",
            "etcdctl user add root --no-password; etcdctl user grant-role root root; a role and a user for each client's \
             certificate; etcdctl auth enable (purser etcd init prints all of it)",
        ),
        Ok(true) => {
            report.pass(CHECK, CLUSTER, "authentication is enabled");
            roots(report, client).await;
        }
    }
}

/// etcd 3.4 has no method that says it; one that is refused for that reason does.
async fn enabled(client: &Client) -> Result<bool, String> {
    let status: Result<AuthStatusResponse, _> = client.ask(AUTH_STATUS, Nothing {}).await;
    match status {
        Ok(status) => return Ok(status.enabled),
        Err(refusal) if refusal.code == Code::PermissionDenied => return Ok(true),
        Err(refusal) if refusal.code != Code::Unimplemented => return Err(refusal.sentence),
        Err(_) => {}
    }
    let question = AuthenticateRequest {
        name: NOBODY.to_owned(),
        password: String::new(),
    };
    match client.ask::<_, Nothing>(AUTHENTICATE, question).await {
        Err(refusal) if refusal.code == Code::FailedPrecondition => Ok(false),
        Err(refusal) if refusal.code == Code::InvalidArgument => Ok(true),
        Err(refusal) => Err(refusal.sentence),
        Ok(_) => Ok(true),
    }
}

async fn roots(report: &mut Report, client: &Client) {
    const CHECK: &str = "root";
    let users: UserListResponse = match client.ask(USER_LIST, Nothing {}).await {
        Ok(users) => users,
        Err(refusal) if refusal.code == Code::PermissionDenied => {
            report.left(
                CHECK,
                CLUSTER,
                "only root is told who else is: give root's certificate",
            );
            return;
        }
        Err(refusal) => {
            report.failed(CHECK, CLUSTER, refusal.sentence);
            return;
        }
    };
    if users.users.len() > MOST_USERS {
        report.failed(CHECK, CLUSTER, format!("there are more than {MOST_USERS} users"));
        return;
    }
    let mut roots = Vec::new();
    for name in users.users {
        let asked = UserGetRequest { name: name.clone() };
        match client.ask::<_, UserGetResponse>(USER_GET, asked).await {
            Ok(user) if user.roles.iter().any(|role| role == ROOT_ROLE) => roots.push(name),
            Ok(_) => {}
            Err(refusal) => {
                report.failed(CHECK, CLUSTER, refusal.sentence);
                return;
            }
        }
    }
    match roots.as_slice() {
        [only] if only == ADMINISTRATOR => report.pass(CHECK, CLUSTER, "root alone may do everything"),
        _ => report.find(
            Severity::Medium,
            CHECK,
            CLUSTER,
            format!("these users may do everything: {}", roots.join(", ")),
            "etcdctl user revoke-role USER root, and etcdctl user grant-role USER a role for what it needs",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_lose_data_are_told() {
        let severity = |text| {
            let mut report = Report::default();
            version(&mut report, "x", text);
            assert_eq!(
                report.not_looked_at.len() + report.findings.len() + report.passed.len(),
                1
            );
            report.findings.first().map(|finding| finding.severity)
        };
        for lossy in ["3.5.0", "3.5.1", "3.5.2", "3.5.2-rc.1"] {
            assert_eq!(severity(lossy), Some(Severity::Critical), "{lossy}");
        }
        for stale in ["3.4.21", "3.4.23", "3.5.3", "3.5.5"] {
            assert_eq!(severity(stale), Some(Severity::Medium), "{stale}");
        }
        assert_eq!(severity("3.3.25"), Some(Severity::High));
        for fine in ["3.5.6", "3.5.21", "3.6.0", "3.6.4", "3.7.1", "4.0.0", "what"] {
            assert_eq!(severity(fine), None, "{fine}");
        }
    }
}
