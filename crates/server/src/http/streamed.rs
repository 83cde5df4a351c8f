//! Bodies that are read while they are sent.

use std::io::{self, Read};
use std::thread;

use axum::body::Body;
use bytes::Bytes;
use tokio::sync::mpsc;

/// As much of it as is under way at once.
const PIECE: usize = 64 << 10;

/// A body of any size. Where reading fails, it breaks off.
pub fn streamed(mut source: impl Read + Send + 'static) -> Body {
    let (pieces, taken) = mpsc::channel::<io::Result<Bytes>>(4);
    thread::spawn(move || {
        loop {
            let mut piece = vec![0; PIECE];
            let read = match source.read(&mut piece) {
                Ok(0) => return,
                Ok(length) => Ok(Bytes::from(piece).slice(..length)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let is_last = read.is_err();
            if pieces.blocking_send(read).is_err() || is_last {
                return;
            }
        }
    });
    body_of(taken)
}

/// A body of what comes piece by piece.
pub fn body_of(mut pieces: mpsc::Receiver<io::Result<Bytes>>) -> Body {
    Body::from_stream(futures_util::stream::poll_fn(move |context| pieces.poll_recv(context)))
}
