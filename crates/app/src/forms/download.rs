//! The file that a confirmed request gives. Whoever opens the link sees a page with a button; pressing it gives the file and
//! counts as `Content Downloaded`, once for each request.

use attractor_engine::time::Instant;
use attractor_live::Deed;
use attractor_mail::links::Id;
use attractor_store::assets::{self, AssetRow};
use attractor_store::form_requests::{self, RequestTag};
use attractor_store::{Connection, Error};

use super::messages::Said;
use super::page::house;
use super::request::{FormRequest, download, is_of, message_id};
use crate::App;
use crate::assets::AssetFile;
use crate::leads::find;
use crate::preferences::words::Language;
use crate::refusal::Refusal;

/// What a download link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DownloadPage {
    /// The link is not ours, or what it stood for was deleted.
    Void,
    Over(Language),
    Open {
        language: Language,
        name: String,
        /// In bytes.
        size: i64,
    },
}

/// The page of a link; it changes nothing.
pub async fn show(app: &App, token: &str) -> Result<DownloadPage, Refusal> {
    let Some((tag, asset)) = download(app, token) else { return Ok(DownloadPage::Void) };
    let now = app.clock.now();
    let looked = move |connection: &mut Connection| {
        Ok::<_, Error>(match look(connection, tag, asset, now)? {
            Looked::Void => DownloadPage::Void,
            Looked::Over(language) => DownloadPage::Over(language),
            Looked::Open(request, row) => {
                let name = request.document.asset.map_or(row.name, |asset| asset.name);
                DownloadPage::Open { language: house(&request.document.language), name, size: row.size }
            }
        })
    };
    app.readers.read(looked).await.map_err(Refusal::from)
}

/// Gives the file out; what it says instead where there is none.
pub async fn take(app: &App, token: &str) -> Result<Result<AssetFile, DownloadPage>, Refusal> {
    let Some((tag, asset)) = download(app, token) else { return Ok(Err(DownloadPage::Void)) };
    let now = app.clock.now();
    let noted = app.lane.run(move |lane| lane.deed(now, |deed| note(deed, tag, asset, now))).await??;
    let row = match noted {
        Looked::Void => return Ok(Err(DownloadPage::Void)),
        Looked::Over(language) => return Ok(Err(DownloadPage::Over(language))),
        Looked::Open(_, row) => row,
    };
    let read = move |connection: &mut Connection| AssetFile::open(connection, row);
    Ok(Ok(app.readers.read(read).await?))
}

enum Looked {
    Void,
    Over(Language),
    Open(Box<FormRequest>, AssetRow),
}

fn look(connection: &mut Connection, tag: RequestTag, asset: Id, now: Instant) -> Result<Looked, Error> {
    let found = FormRequest::find(connection, tag)?.filter(|request| is_of(asset, request));
    let Some(request) = found.filter(|request| request.row.confirmed_at.is_some()) else { return Ok(Looked::Void) };
    if find::row(connection, tag.0)?.is_none() {
        return Ok(Looked::Void);
    }
    let over = Looked::Over(house(&request.document.language));
    if !request.gives_its_file(now) {
        return Ok(over);
    }
    let id = request.document.asset.as_ref().map(|asset| asset.id.clone()).unwrap_or_default();
    Ok(match assets::one(connection, &id)? {
        Some(row) => Looked::Open(Box::new(request), row),
        None => over,
    })
}

/// Notes that a file is taken.
fn note(deed: &mut Deed, tag: RequestTag, asset: Id, now: Instant) -> Result<Looked, Error> {
    let connection = deed.connection();
    let looked = look(connection, tag, asset, now)?;
    let Looked::Open(request, _) = &looked else { return Ok(looked) };
    if let Some(lead) = find::row(connection, tag.0)? {
        let at = now.max(Instant(lead.at));
        let said = Said { id: message_id(tag), form: request.row.form.clone(), at };
        // Taken again it is stored once: its id is the request's.
        let messages = said.downloaded(connection, &lead, request)?;
        deed.take_all(&messages)?;
    }
    form_requests::count_download(deed.connection(), tag)?;
    Ok(looked)
}
