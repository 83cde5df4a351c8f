//! A file on its way in: it is there when all of it is.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use attractor_store::ImportId;
use attractor_store::imports::ImportState;
use bytes::Bytes;
use tokio::sync::mpsc::{self, Sender};
use tokio::sync::oneshot::{self, Receiver};

use super::{file, file_names, folder, one};
use crate::App;
use crate::refusal::Refusal;

/// Pieces that may wait to be written.
const PIECES: usize = 4;

pub struct Upload {
    pieces: Sender<Piece>,
    written: Receiver<io::Result<()>>,
}

enum Piece {
    More(Bytes),
    End,
}

impl Upload {
    /// Begins to take in the file of this number, from 0.
    pub async fn begin(app: &App, id: ImportId, number: usize) -> Result<Upload, Refusal> {
        let import = one(app, id).await?;
        let count = file_names(&import).len();
        if import.state != ImportState::Uploading {
            return Err(Refusal::Conflict(format!("import {id} has begun; files go before its start")));
        }
        if number >= count {
            return Err(Refusal::Conflict(format!("import {id} has {count} files, numbered from 0")));
        }
        let path = folder(app.folder.path(), id).join(file(number));
        let (pieces, waiting) = mpsc::channel(PIECES);
        let (tell, written) = oneshot::channel();
        app.machine.work(Box::new(move || drop(tell.send(write(path, waiting)))));
        Ok(Upload { pieces, written })
    }

    pub async fn add(&self, piece: Bytes) {
        // A writer that failed says why at the end.
        let _ = self.pieces.send(Piece::More(piece)).await;
    }

    /// All of it has come.
    pub async fn end(self) -> Result<(), Refusal> {
        let _ = self.pieces.send(Piece::End).await;
        drop(self.pieces);
        let written = self.written.await.unwrap_or_else(|_| Err(io::Error::other("the writing thread has failed")));
        written.map_err(Refusal::Disk)
    }
}

fn write(path: PathBuf, mut pieces: mpsc::Receiver<Piece>) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let part = path.with_extension("part");
    let written = fill(&part, &mut pieces);
    match written {
        Ok(true) => fs::rename(&part, &path),
        // It broke off.
        Ok(false) => fs::remove_file(&part),
        Err(error) => {
            // What is in the way is overwritten by the next attempt.
            let _ = fs::remove_file(&part);
            Err(error)
        }
    }
}

/// Whether all of it came.
fn fill(part: &PathBuf, pieces: &mut mpsc::Receiver<Piece>) -> io::Result<bool> {
    let mut out: File = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part)?;
    loop {
        match pieces.blocking_recv() {
            Some(Piece::More(bytes)) => out.write_all(&bytes)?,
            Some(Piece::End) => return out.sync_all().map(|()| true),
            None => return Ok(false),
        }
    }
}
