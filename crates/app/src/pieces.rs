//! What is read from the store while somebody takes it, piece by piece: who takes nothing any more is not waited for,
//! because the store must keep what it read from as it was.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::machine::Host;

/// As many are made before somebody takes one.
const AHEAD: usize = 4;

pub struct Pieces {
    host: Host,
    to: mpsc::Sender<io::Result<Bytes>>,
    /// How long one is waited for; `None`: for ever.
    patience: Option<Duration>,
}

pub fn pieces(host: Host, patience: Option<Duration>) -> (Pieces, mpsc::Receiver<io::Result<Bytes>>) {
    let (to, taken) = mpsc::channel(AHEAD);
    (Pieces { host, to, patience }, taken)
}

impl Pieces {
    /// Hands one over, on a thread that may wait; the error is that nobody takes it.
    pub fn hand(&self, piece: Vec<u8>) -> io::Result<()> {
        let mut is_taken = false;
        self.host.block_on(Box::pin(async {
            let send = self.to.send(Ok(Bytes::from(piece)));
            is_taken = match self.patience {
                None => send.await.is_ok(),
                Some(patience) => matches!(self.host.within(patience, send).await, Some(Ok(()))),
            };
        }));
        if is_taken { Ok(()) } else { Err(io::Error::other("nobody reads it any more")) }
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
