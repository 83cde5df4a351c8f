//! PostgreSQL over TLS, as its URL asks for it.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

use attractor_store::{Kind, Location};

/// Whether the connection that this URL opens is encrypted; else what is said.
fn encrypted(url: String) -> Result<bool, attractor_store::Error> {
    let mut connection = Location::Postgresql(url).reader()?;
    let row = connection.first("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[])?;
    row.unwrap().boolean(0)
}

#[test]
fn encryption_is_as_the_url_asks() {
    let Some(server) = attractor_trial::encrypted() else { return };
    let url = server.network_url();
    let certificate = server.certificate().display().to_string();
    assert_eq!(encrypted(format!("{url}?sslmode=disable")), Ok(false));
    assert_eq!(encrypted(url.clone()), Ok(true), "where the server can");
    assert_eq!(encrypted(format!("{url}?sslmode=require")), Ok(true), "whoever answers");
    assert_eq!(encrypted(format!("{url}?sslmode=verify-full&sslrootcert={certificate}")), Ok(true));
    assert_eq!(encrypted(format!("{url}?sslmode=require&sslrootcert={certificate}")), Ok(true));
}

#[test]
fn a_wrong_certificate_is_refused_with_a_clear_word() {
    let Some(server) = attractor_trial::encrypted() else { return };
    let (url, certificate) = (server.network_url(), server.certificate().display().to_string());
    let stranger = encrypted(format!("{url}?sslmode=verify-full")).unwrap_err();
    assert!(stranger.text.contains("certificate is not accepted") && stranger.kind == Kind::Other, "{stranger:?}");
    let other_name = url.replace("127.0.0.1", "localhost");
    let other = encrypted(format!("{other_name}?sslmode=verify-full&sslrootcert={certificate}")).unwrap_err();
    assert!(other.text.contains("certificate is not accepted"), "{other:?}");
}
