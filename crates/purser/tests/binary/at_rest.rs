//! `purser at-rest`, with what the server's environment has besides.

use std::process::Output;

use crate::server::{Server, purser};

/// Of the server that runs.
pub(crate) fn online(server: &Server, arguments: &[&str]) -> Output {
    let kubeconfig = server.path("admin.kubeconfig");
    at_rest(server, arguments, ["--kubeconfig", kubeconfig.to_str().unwrap()])
}

/// Of one that is stopped.
pub(crate) fn offline(server: &Server, arguments: &[&str]) -> Output {
    let data = server.data();
    at_rest(server, arguments, ["--data-dir", data.to_str().unwrap()])
}

fn at_rest(server: &Server, arguments: &[&str], place: [&str; 2]) -> Output {
    let mut command = purser();
    command.arg("at-rest").args(arguments).args(place);
    command.envs(server.given_environment()).output().unwrap()
}

/// Why it was not done.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
