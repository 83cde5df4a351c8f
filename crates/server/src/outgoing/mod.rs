//! The ways out of this program: of mails, and of questions about the sender domain.

mod catcher;
mod connection;
mod dialogue;
pub mod internet;
mod smtp;

use std::sync::Arc;
use std::time::Duration;

use attractor_app::App;
use attractor_app::sending::caught;
use attractor_app::sending::sender::Sender;
use attractor_app::sending::smtp_url::SmtpServer;
use attractor_app::sending::transport::Transport;

use catcher::Catcher;
use smtp::Smtp;

/// The transport that the settings ask for; the error is what is wrong with them.
pub fn transport(app: &App) -> Result<Arc<dyn Transport>, String> {
    let settings = &app.settings;
    if settings.smtp.is_empty() {
        return Ok(Arc::new(Catcher { folder: caught::folder(app.folder.path()) }));
    }
    if settings.sender_email.is_empty() {
        return Err("`smtp` is set, and `sender_email` is not: set the address that e-mails come from".into());
    }
    let sender = Sender::of(settings).map_err(|why| format!("`sender_email`: {why}"))?;
    let server = SmtpServer::parse(settings.smtp.reveal()).map_err(|why| format!("`smtp`: {why}"))?;
    let timeout = Duration::from_secs(settings.smtp_seconds);
    let authority = Some(&settings.smtp_ca).filter(|file| !file.is_empty()).map(|file| app.folder.path().join(file));
    Ok(Arc::new(Smtp::new(server, authority, sender.from.domain().to_owned(), timeout)))
}
