//! The ways out of this program: of mails, and of questions about the sender domain.

mod catcher;
mod connection;
mod dialogue;
pub mod internet;
mod smtp;
mod ways;

use std::sync::Arc;
use std::time::Duration;

use attractor_app::App;
use attractor_app::sending::account::TransportPlace;
use attractor_app::sending::caught;
use attractor_app::sending::sender::Sender;
use attractor_app::sending::transport::Transport;

use ways::{Surroundings, Ways};

/// What takes e-mails by the account in force, also when that changes; the error is what is wrong with the settings.
pub fn transport(app: &App) -> Result<Arc<dyn Transport>, String> {
    let settings = &app.settings;
    if let Some(account) = app.account.current().filter(|_| settings.sender_email.is_empty()) {
        let what = match account.place {
            TransportPlace::Settings => "`smtp` is set",
            _ => "a mail server was set over the API",
        };
        return Err(format!("{what}, and `sender_email` is not: set the address that e-mails come from"));
    }
    let sender = Sender::of(settings).map_err(|why| format!("`sender_email`: {why}"))?;
    let around = Surroundings {
        caught: caught::folder(app.folder.path()),
        authority: Some(&settings.smtp_ca).filter(|file| !file.is_empty()).map(|file| app.folder.path().join(file)),
        hello: sender.from.domain().to_owned(),
        timeout: Duration::from_secs(settings.smtp_seconds),
    };
    Ok(Arc::new(Ways::new(app.account.clone(), around)))
}
