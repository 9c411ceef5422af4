//! The bare server: a constant answer over TLS, on the HTTP stack that Purser uses. It is the ceiling.

mod identity;
mod service;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::cli::BareOptions;
use crate::error::Error;
use crate::objects::Template;

/// Serves until it is interrupted.
///
/// # Errors
/// When it cannot listen or cannot write the kubeconfig.
pub(crate) fn serve(options: &BareOptions) -> Result<(), Error> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(run(options))
}

async fn run(options: &BareOptions) -> Result<(), Error> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, options.port))).await?;
    let address = listener.local_addr()?;
    let identity = identity::make(address)?;
    identity::write_kubeconfig(&options.write_kubeconfig, &identity.kubeconfig)?;
    let acceptor = TlsAcceptor::from(Arc::new(identity.tls));
    let body = Template::new(options.size).answered();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        // A client that is gone already is no reason to stop.
        let Ok((stream, _)) = accepted else { continue };
        tokio::spawn(service::answer(acceptor.clone(), stream, body.clone()));
    }
}
