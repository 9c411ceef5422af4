//! Who may ask for health.

use crate::server::Server;

#[test]
fn health_is_open_to_everybody_until_it_is_closed_and_then_to_who_is_known() {
    let mut server = Server::new();
    server.start();
    let (admin, nobody) = (server.client(), server.client().with_nothing());
    for path in ["/livez", "/readyz", "/healthz", "/version"] {
        assert_eq!(nobody.get(path).status, 200, "{path}");
    }
    assert_eq!(nobody.get("/api").status, 403);
    assert_eq!(admin.get("/livez").status, 200);
    assert!(server.stop().success());

    let mut server = server.with("--anonymous-health=false");
    server.start();
    let (admin, nobody) = (server.client(), server.client().with_nothing());
    for path in ["/livez", "/readyz", "/healthz", "/version", "/api", "/nope"] {
        assert_eq!(nobody.get(path).status, 401, "{path}");
    }
    for path in ["/livez", "/readyz", "/healthz", "/version"] {
        assert_eq!(admin.get(path).status, 200, "{path}");
    }
    assert!(server.stop().success());
}
