//! What is read from the store while somebody takes it, piece by piece: who takes nothing any more is not waited for,
//! because the store must keep what it read from as it was.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// As many are made before somebody takes one.
const AHEAD: usize = 4;

pub struct Pieces {
    to: mpsc::Sender<io::Result<Bytes>>,
    /// How long one is waited for; `None`: for ever.
    patience: Option<Duration>,
}

pub fn pieces(patience: Option<Duration>) -> (Pieces, mpsc::Receiver<io::Result<Bytes>>) {
    let (to, taken) = mpsc::channel(AHEAD);
    (Pieces { to, patience }, taken)
}

impl Pieces {
    /// Hands one over, on a thread that may wait; the error is that nobody takes it.
    pub fn hand(&self, piece: Vec<u8>) -> io::Result<()> {
        let piece = Ok(Bytes::from(piece));
        let gone = || io::Error::other("nobody reads it any more");
        match self.patience {
            None => self.to.blocking_send(piece).map_err(|_| gone()),
            Some(patience) => Handle::current().block_on(self.to.send_timeout(piece, patience)).map_err(|_| gone()),
        }
    }

    /// What can say that it is not whole, when it is not.
    pub fn end(&self) -> End {
        End(self.to.clone())
    }
}

pub struct End(mpsc::Sender<io::Result<Bytes>>);

impl End {
    /// A body that breaks off is how who reads it learns that it is not whole.
    pub async fn break_off(self, why: impl Into<String>) {
        // Who asked for it has gone, where nobody hears.
        let _ = self.0.send(Err(io::Error::other(why.into()))).await;
    }
}
