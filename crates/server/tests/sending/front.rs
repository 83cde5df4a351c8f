//! A proxy with TLS for tests, as an installation has one before its server. Its certificate is for `leads.acme.example`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub const CERTIFICATE: &[u8] = include_bytes!("tls/certificate.pem");
pub const KEY: &[u8] = include_bytes!("tls/key.pem");
/// Who issued the certificate.
pub const AUTHORITY: &str = include_str!("tls/authority.pem");

pub struct Front {
    port: u16,
    /// `None` while nothing is behind it.
    server: Arc<Mutex<Option<SocketAddr>>>,
}

impl Front {
    /// Listens for as long as the test runs.
    pub fn start() -> Front {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, server) = (listener.local_addr().unwrap().port(), Arc::<Mutex<Option<SocketAddr>>>::default());
        let (behind, config) = (server.clone(), config(CERTIFICATE, KEY));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (behind, config) = (*behind.lock().unwrap(), config.clone());
                // Who calls may go away in the middle.
                thread::spawn(move || drop(pass_on(stream, config, behind)));
            }
        });
        Front { port, server }
    }

    pub fn url(&self) -> String {
        format!("https://leads.acme.example:{}", self.port)
    }

    pub fn lead_to(&self, server: SocketAddr) {
        *self.server.lock().unwrap() = Some(server);
    }
}

/// TLS with a certificate and its key (PEM).
pub fn config(certificate: &[u8], key: &[u8]) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let certificate = CertificateDer::from_pem_slice(certificate).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key).unwrap();
    Arc::new(builder.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap())
}

/// One request without a body, and its answer.
fn pass_on(stream: TcpStream, config: Arc<ServerConfig>, server: Option<SocketAddr>) -> std::io::Result<()> {
    let mut client = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let Some(server) = server else { return Ok(()) };
    head.truncate(head.len() - 2);
    head.extend(b"Connection: close\r\n\r\n");
    let mut behind = TcpStream::connect(server)?;
    behind.write_all(&head)?;
    let mut answer = Vec::new();
    behind.read_to_end(&mut answer)?;
    client.write_all(&answer)?;
    client.conn.send_close_notify();
    client.flush()
}
