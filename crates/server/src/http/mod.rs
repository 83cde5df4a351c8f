//! HTTP. A file has the endpoints of one object with their documentation; the tables here have a line for each path.

pub mod assets;
pub mod audit;
pub mod backup;
mod body;
pub mod broadcasts;
pub mod cadence;
pub mod calls;
pub mod companies;
pub mod conditions;
pub mod conflicts;
pub mod counts;
pub mod deals;
mod described;
pub mod emails;
pub mod export;
mod extract;
pub mod farewell;
pub mod forms;
pub mod gate;
pub mod hand;
mod head;
pub mod healthz;
pub mod home;
pub mod hooks;
pub mod imports;
mod instant;
pub mod journal;
pub mod keys;
pub mod ladders;
pub mod leads;
pub mod letters;
pub mod library;
pub mod listen;
pub mod mail;
pub mod me;
pub mod metrics;
mod misread;
pub mod moves;
mod networks;
mod nul;
mod parameters;
pub mod password_links;
pub mod peer;
pub mod playbook;
pub mod problem;
pub mod provider;
pub mod reach;
pub mod readyz;
mod refused;
pub mod repeat;
mod room;
pub mod segments;
pub mod senders;
pub mod sending;
pub mod session;
pub mod sessions;
pub mod setup;
mod signed_out;
pub mod status;
pub mod stream;
pub mod streamed;
pub mod suppressions;
pub mod topics;
pub mod tracking;
pub mod transports;
pub mod users;
pub mod verdicts;
pub mod vocabulary;
mod watched;
pub mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use attractor_app::App;
use attractor_app::actor::Role;
use attractor_app::calls::list::CallSelection;
use attractor_app::companies::CompanySort;
use attractor_app::exports::Format;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde_json::Value;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Attractor",
        description = "Lead nurturing: leads, their scores, segments and what is sent to them. Errors are application/problem+json (RFC 9457); cursors are opaque."
    ),
    components(schemas(CallSelection, CompanySort, Format))
)]
struct Doc;

type Routes = OpenApiRouter<Arc<App>>;

/// Every route, by who may use it: who has this role, or one that may do more.
fn by_role() -> [(Role, Routes); 4] {
    [(Role::Viewer, viewers()), (Role::Sales, sales()), (Role::Marketer, marketers()), (Role::Owner, owners())]
}

fn api(app: &Arc<App>) -> Routes {
    by_role().into_iter().fold(Routes::new(), |all, (role, routes)| all.merge(gate::demand(app, role, routes)))
}

fn viewers() -> Routes {
    Routes::new()
        .routes(routes!(assets::list))
        .routes(routes!(broadcasts::list::list))
        .routes(routes!(cadence::show))
        .routes(routes!(broadcasts::change::show))
        .routes(routes!(broadcasts::audience::show))
        .routes(routes!(broadcasts::report::show))
        .routes(routes!(companies::list))
        .routes(routes!(companies::show))
        .routes(routes!(conditions::check))
        .routes(routes!(conflicts::list))
        .routes(routes!(counts::show, counts::cancel))
        .routes(routes!(deals::list))
        .routes(routes!(forms::objects::list))
        .routes(routes!(forms::objects::show))
        .routes(routes!(emails::list::list))
        .routes(routes!(emails::blocks::show))
        .routes(routes!(emails::show::show))
        .routes(routes!(emails::preview::try_out))
        .routes(routes!(emails::preview::show))
        .routes(routes!(ladders::list))
        .routes(routes!(leads::enrollment::list))
        .routes(routes!(leads::enrollment::show))
        .routes(routes!(leads::events::list))
        .routes(routes!(leads::list::list))
        .routes(routes!(leads::moves::list))
        .routes(routes!(leads::query::list))
        .routes(routes!(leads::show::show))
        .routes(routes!(leads::explanation::text))
        .routes(routes!(library::show))
        .routes(routes!(moves::list))
        .routes(routes!(senders::list))
        .routes(routes!(senders::show))
        .routes(routes!(sending::ahead::show))
        .routes(routes!(sending::outbox::list))
        .routes(routes!(sending::outbox::show))
        .routes(routes!(sending::mail::show))
        .routes(routes!(sending::domain::show))
        .routes(routes!(sending::status::show))
        .routes(routes!(sending::caught::list))
        .routes(routes!(sending::caught::show))
        .routes(routes!(sending::inbound::failed))
        .routes(routes!(sending::inbound::unmatched))
        .routes(routes!(segments::count::begin))
        .routes(routes!(segments::list::list))
        .routes(routes!(segments::members::list))
        .routes(routes!(segments::show::show))
        .routes(routes!(imports::list::list))
        .routes(routes!(imports::show::show))
        .routes(routes!(me::show))
        .routes(routes!(me::set_password))
        .routes(routes!(playbook::check::check))
        .routes(routes!(playbook::differences::show))
        .routes(routes!(playbook::draft::show::show))
        .routes(routes!(playbook::parsed::show))
        .routes(routes!(playbook::progress::show))
        .routes(routes!(playbook::show::show))
        .routes(routes!(playbook::versions::list))
        .routes(routes!(playbook::versions::show))
        .routes(routes!(session::show, session::end))
        .routes(routes!(sessions::list, sessions::end_others))
        .routes(routes!(sessions::end))
        .routes(routes!(status::show))
        .routes(routes!(stream::show))
        .routes(routes!(topics::list))
        .routes(routes!(vocabulary::show))
}

fn sales() -> Routes {
    Routes::new()
        .routes(routes!(calls::list, calls::add))
        .routes(routes!(calls::figures))
        .routes(routes!(calls::show))
        .routes(routes!(calls::take))
        .routes(routes!(calls::log))
        .routes(routes!(calls::snooze))
        .routes(routes!(calls::give))
        .routes(routes!(hand::attributes::set))
        .routes(routes!(hand::calls::call))
        .routes(routes!(hand::calls::note))
        .routes(routes!(hand::consent::set))
        .routes(routes!(hand::joins::merge))
        .routes(routes!(hand::joins::unmerge))
        .routes(routes!(hand::owner::set))
        .routes(routes!(hand::person::make))
        .routes(routes!(hand::person::export))
        .routes(routes!(hand::segments::ban))
        .routes(routes!(hand::segments::pin))
        .routes(routes!(hand::segments::release))
        .routes(routes!(hand::sequences::enroll))
        .routes(routes!(hand::sequences::stop))
        .routes(routes!(hand::stages::release))
        .routes(routes!(hand::stages::set))
        .routes(routes!(hand::tags::tag))
        .routes(routes!(hand::tags::untag))
}

fn marketers() -> Routes {
    Routes::new()
        .routes(routes!(assets::add))
        .routes(routes!(assets::remove))
        .routes(routes!(broadcasts::list::add))
        .routes(routes!(broadcasts::change::change, broadcasts::change::remove))
        .routes(routes!(broadcasts::audience::start))
        .routes(routes!(broadcasts::steps::undo))
        .routes(routes!(broadcasts::steps::pause))
        .routes(routes!(broadcasts::steps::resume))
        .routes(routes!(broadcasts::steps::correct))
        .routes(routes!(broadcasts::steps::cancel))
        .routes(routes!(broadcasts::steps::resend))
        .routes(routes!(cadence::undo))
        .routes(routes!(broadcasts::steps::follow_up))
        .routes(routes!(export::write))
        .routes(routes!(forms::objects::add))
        .routes(routes!(forms::objects::change, forms::objects::remove))
        .routes(routes!(hand::person::erase))
        .routes(routes!(hand::person::forget_measured))
        .routes(routes!(imports::begin::begin))
        .routes(routes!(imports::known::known))
        .routes(routes!(imports::preview::preview))
        .routes(routes!(imports::rejected::show))
        .routes(routes!(imports::start::start))
        .routes(routes!(imports::undo::forecast))
        .routes(routes!(imports::undo::undo))
        .routes(routes!(imports::upload::upload))
        .routes(routes!(playbook::draft::discard::discard))
        .routes(routes!(playbook::draft::edits::add))
        .routes(routes!(playbook::draft::edits::undo))
        .routes(routes!(playbook::draft::people::show))
        .routes(routes!(playbook::draft::publish::publish))
        .routes(routes!(playbook::draft::rebase::rebase))
        .routes(routes!(playbook::dry_run::begin))
        .routes(routes!(playbook::dry_run::show))
        .routes(routes!(playbook::pilot::promote))
        .routes(routes!(playbook::pilot::withdraw))
        .routes(routes!(playbook::publish::put))
        .routes(routes!(playbook::rollback::roll))
        .routes(routes!(emails::trial::send))
        .routes(routes!(senders::add))
        .routes(routes!(senders::change, senders::remove))
        .routes(routes!(sending::again::send))
        .routes(routes!(sending::caught::delete_all))
        .routes(routes!(sending::caught::delete))
        .routes(routes!(sending::domain::check))
        .routes(routes!(sending::drafts::decide))
        .routes(routes!(sending::inbound::discard))
        .routes(routes!(sending::inbound::retry))
        .routes(routes!(sending::status::pause))
        .routes(routes!(sending::status::resume))
        .routes(routes!(suppressions::show, suppressions::add))
        .routes(routes!(verdicts::list, verdicts::correct))
}

fn owners() -> Routes {
    Routes::new()
        .routes(routes!(audit::list))
        .routes(routes!(backup::make))
        .routes(routes!(backup::restore))
        .routes(routes!(hooks::list, hooks::add))
        .routes(routes!(hooks::change, hooks::remove))
        .routes(routes!(hooks::try_out))
        .routes(routes!(keys::list, keys::add))
        .routes(routes!(keys::revoke))
        .routes(routes!(letters::list))
        .routes(routes!(transports::list))
        .routes(routes!(transports::put, transports::remove))
        .routes(routes!(transports::test))
        .routes(routes!(users::list, users::add))
        .routes(routes!(users::change))
        .routes(routes!(users::invite))
        .routes(routes!(users::link))
        .routes(routes!(users::set_password))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhooks::show, webhooks::change, webhooks::remove))
        .routes(routes!(webhooks::log))
        .routes(routes!(webhooks::replay))
        .routes(routes!(webhooks::test))
}

/// For anybody.
#[rustfmt::skip]
fn public() -> Routes {
    Routes::new()
        .routes(routes!(healthz::show))
        .routes(routes!(reach::show))
        .routes(routes!(readyz::show))
        .routes(routes!(metrics::show))
}

/// For whoever is not yet known.
#[rustfmt::skip]
fn strangers() -> Routes {
    Routes::new()
        .routes(routes!(password_links::ask))
        .routes(routes!(session::begin))
        .routes(routes!(setup::set_up))
}

/// For sites, apps and other programs, from any origin. Who sends is told by its write key.
#[rustfmt::skip]
fn tracking() -> Router<Arc<App>> {
    let (inbound, _) = inbound().split_for_parts();
    inbound
        .route("/v1/attractor.js", get(tracking::script::show))
        .route("/v1/{call}", axum::routing::post(tracking::calls::take))
        // Here already, so that it is below the layer that answers what browsers ask before they send.
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(tracking::from_any_origin())
}

/// For other systems, each by an address of its own.
fn inbound() -> Routes {
    Routes::new().routes(routes!(hooks::take)).routes(routes!(provider::take))
}

/// For whoever got an e-mail. Who asks is told by the signed token of the link.
#[rustfmt::skip]
fn mail() -> Routes {
    Routes::new()
        .routes(routes!(mail::clicks::follow))
        .routes(routes!(mail::clicks::open))
        .routes(routes!(mail::visits::report))
        .routes(routes!(mail::unsubscribe::show, mail::unsubscribe::end))
        .routes(routes!(mail::preferences::show, mail::preferences::change))
}

/// For whoever fills in a form, confirms it or gets a file; from any page.
#[rustfmt::skip]
fn forms() -> Routes {
    Routes::new()
        .routes(routes!(forms::submit::show, forms::submit::submit))
        .routes(routes!(forms::confirm::show, forms::confirm::act))
        .routes(routes!(forms::download::show, forms::download::take))
        .routes(routes!(assets::show))
}

/// What `GET /api/openapi.json` answers: every route of `/api`, what others send to `/v1` and `/hooks`, and what links of
/// e-mails open.
pub fn description() -> Value {
    let of_anybody = [strangers(), inbound(), mail(), forms()];
    let of_anybody = of_anybody.into_iter().fold(Routes::with_openapi(Doc::openapi()), Routes::merge).into_openapi();
    let of_roles = by_role().map(|(role, routes)| (role, routes.into_openapi()));
    described::described(&of_anybody, &of_roles)
}

/// Everything, with its limits, ready to be served or asked in-process.
pub fn router(app: &Arc<App>) -> Router {
    let timeout = Duration::from_secs(app.settings.request_seconds);
    let hasty = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, timeout);
    let (api, _) = strangers().layer(hasty).merge(api(app)).split_for_parts();
    let pages = mail().merge(forms()).layer(middleware::from_fn_with_state(app.clone(), networks::admit));
    let (public, _) = public().merge(pages).split_for_parts();
    let described = description();
    let known = parameters::of(&described);
    api.layer(middleware::from_fn_with_state(known, parameters::refuse_unknown))
        .layer(middleware::from_fn_with_state(app.clone(), signed_out::explain))
        .route("/api/openapi.json", get(|| async move { Json(described) }))
        .route("/", get(home::page))
        .route("/setup", get(setup::page))
        .route("/f/attractor-forms.js", get(forms::script::show))
        .merge(public.merge(tracking()).layer(hasty))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), repeat::once))
        .layer(middleware::from_fn_with_state(app.clone(), gate::identify))
        .layer(middleware::from_fn(nul::refuse))
        .layer(DefaultBodyLimit::max(app.settings.body_limit))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::from_fn(head::demand_host))
        .layer(middleware::from_fn(problem::explain))
        .layer(middleware::from_fn(head::harden))
        .layer(middleware::from_fn(journal::note))
        .with_state(app.clone())
}
