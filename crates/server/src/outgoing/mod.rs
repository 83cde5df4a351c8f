//! The ways of mails out of this program.

mod catcher;

use std::sync::Arc;

use attractor_app::App;
use attractor_app::sending::caught;
use attractor_app::sending::transport::Transport;

use catcher::Catcher;

/// The transport that the settings ask for.
pub fn transport(app: &App) -> Result<Arc<dyn Transport>, String> {
    Ok(Arc::new(Catcher { folder: caught::folder(app.folder.path()) }))
}
