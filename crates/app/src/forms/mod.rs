//! Forms (contract §3.10): what people fill in on a page of ours or of one's own, and what follows. What a form says counts
//! as a public key's until the owner of its address has confirmed it.

pub mod answers;
pub mod check;
pub mod confirm;
pub mod definition;
pub mod download;
pub mod letter;
pub mod limits;
mod messages;
pub mod page;
pub mod request;
pub mod submit;
pub mod words;

use std::sync::Arc;

use attractor_engine::time::Instant;
use attractor_store::forms::{self, FormRow};
use attractor_store::{Connection, Error, Kind, assets, form_requests};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::playbook::present;
use crate::refusal::{Refusal, both};
use crate::settings::Settings;
use definition::FormDefinition;

/// A form
#[derive(Debug, Serialize, ToSchema)]
pub struct FormItem {
    pub id: String,
    pub form: FormDefinition,
    /// Its page
    pub url: String,
    /// HTML for a page of your own. It works without scripts
    pub snippet: String,
    #[schema(format = DateTime)]
    pub made_at: String,
    pub made_by: String,
    #[schema(format = DateTime)]
    pub changed_at: String,
    pub changed_by: String,
}

impl FormItem {
    fn of(row: FormRow, settings: &Settings) -> Result<FormItem, Refusal> {
        let form = stored(&row)?;
        let url = format!("{}/f/{}", settings.address(), row.id);
        Ok(FormItem {
            snippet: String::new(),
            url,
            form,
            made_at: Instant(row.made_at).to_string(),
            made_by: row.made_by,
            changed_at: Instant(row.changed_at).to_string(),
            changed_by: row.changed_by,
            id: row.id,
        })
    }
}

pub fn stored(row: &FormRow) -> Result<FormDefinition, Error> {
    let damaged = |_| Error::new(Kind::Other, format!("the stored form {} cannot be read", row.id));
    serde_json::from_str(&row.document).map_err(damaged)
}

fn missing(id: &str) -> Refusal {
    Refusal::Missing(format!("there is no form `{id}`; GET /api/forms lists the forms"))
}

fn subject(id: &str) -> String {
    format!("form:{id}")
}

/// All forms, by id.
pub async fn list(app: &App) -> Result<Vec<FormItem>, Refusal> {
    let rows = app.readers.read(forms::all).await?;
    let shown = |row: FormRow| match FormItem::of(row, &app.settings) {
        Ok(item) => Some(item),
        Err(why) => {
            tracing::error!(?why, "a form is left out of the list");
            None
        }
    };
    Ok(rows.into_iter().filter_map(shown).collect())
}

/// Forgets what nobody has confirmed for long.
pub async fn sweep(app: &App) -> Result<(), Refusal> {
    let before = (app.clock.now() - request::KEPT).0;
    app.write(move |connection| form_requests::delete_unconfirmed(connection, before).map(Ok)).await
}

pub async fn one(app: &App, id: String) -> Result<FormItem, Refusal> {
    let name = id.clone();
    let row = app.readers.read(move |connection| forms::one(connection, &name)).await?;
    FormItem::of(row.ok_or_else(|| missing(&id))?, &app.settings)
}

/// Makes a form.
pub async fn add(app: &Arc<App>, actor: &Actor, id: String, form: FormDefinition) -> Result<FormItem, Refusal> {
    let (app2, actor, now) = (app.clone(), actor.clone(), app.machine.now().0);
    let row = app
        .write(move |connection| {
            let document = match both(check::id(&id), checked(connection, &form, &app2.settings)?) {
                Ok(((), document)) => document,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let by = actor.who.clone();
            let row = FormRow { id, document, made_at: now, made_by: by.clone(), changed_at: now, changed_by: by };
            if !forms::insert(connection, &row)? {
                let why = format!("there is a form `{}` already; PUT /api/forms/{} changes it", row.id, row.id);
                return Ok(Err(Refusal::Conflict(why)));
            }
            note(connection, &actor, now, "form added", &subject(&row.id), &json!({"title": form.title}))?;
            Ok(Ok(row))
        })
        .await?;
    FormItem::of(row, &app.settings)
}

/// Changes a form; it is then as it is written here. Beside its id: the id that the request wrote again, where it did.
pub async fn change(
    app: &Arc<App>,
    actor: &Actor,
    (id, again): (String, Option<String>),
    form: FormDefinition,
) -> Result<FormItem, Refusal> {
    let stays = again.is_none_or(|again| again == id);
    let other = Refusal::invalid("/id", "the id of a form stays; leave it out, or make another form");
    let same = if stays { Ok(()) } else { Err(other) };
    let (app2, actor, now) = (app.clone(), actor.clone(), app.machine.now().0);
    let row = app
        .write(move |connection| {
            let document = match both(same, checked(connection, &form, &app2.settings)?) {
                Ok(((), document)) => document,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if !forms::update(connection, &id, &document, now, &actor.who)? {
                return Ok(Err(missing(&id)));
            }
            note(connection, &actor, now, "form changed", &subject(&id), &json!({"title": form.title}))?;
            Ok(forms::one(connection, &id)?.ok_or_else(|| missing(&id)))
        })
        .await?;
    FormItem::of(row, &app.settings)
}

/// Deletes a form. What was submitted stays with the leads, and links in confirmations still work.
pub async fn remove(app: &App, actor: &Actor, id: String) -> Result<(), Refusal> {
    let (actor, now) = (actor.clone(), app.machine.now().0);
    app.write(move |connection| {
        if !forms::delete(connection, &id)? {
            return Ok(Err(missing(&id)));
        }
        note(connection, &actor, now, "form removed", &subject(&id), &json!({}))?;
        Ok(Ok(()))
    })
    .await
}

/// A definition as it is stored, where it can be used.
fn checked(
    connection: &mut Connection,
    form: &FormDefinition,
    settings: &Settings,
) -> Result<Result<String, Refusal>, Error> {
    let playbooks = present(connection)?.playbooks(connection)?;
    let asset = match &form.asset {
        Some(asset) if assets::one(connection, &asset.id)?.is_none() => {
            Err(Refusal::invalid("/asset/id", "there is no asset with this id; GET /api/assets lists them"))
        }
        _ => Ok(()),
    };
    let right = both(check::definition(form, settings, &playbooks), asset);
    Ok(right.and_then(|_| serde_json::to_string(form).map_err(|error| Refusal::Failed(error.to_string()))))
}
