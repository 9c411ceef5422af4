//! Calls to other servers: webhooks that a kubeconfig file describes, and documents over HTTPS.
