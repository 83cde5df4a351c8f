//! The company at the pace of the server's clock, beside the server's own threads.

use attractor_engine::time::Instant;

use super::company::{Happening, LivingCompany};
use crate::Turned;
use crate::refusal::Refusal;

/// Goes on when the app's clock says so, until the server stops.
pub async fn live_on(mut company: LivingCompany) {
    let (app, postbox) = (company.app.clone(), company.postbox.clone());
    loop {
        match catch_up(&mut company).await {
            Ok(()) => {}
            Err(Refusal::Turned(Turned::Stopped)) => return,
            // The sample company has time: what is turned away for once is not missed by anybody.
            Err(why) => tracing::warn!(?why, "something of the sample company was turned away"),
        }
        let next = company.next().unwrap_or(Instant(i64::MAX));
        tokio::select! {
            () = app.machine.sleep(app.clock.until(next)) => {}
            () = postbox.comes() => {}
            () = app.stopped() => return,
        }
    }
}

async fn catch_up(company: &mut LivingCompany) -> Result<(), Refusal> {
    company.read_mail().await?;
    let now = company.app.clock.now();
    while let Some(happening) = company.happening(now) {
        match happening {
            Happening::Messages(group) => drop(company.app.lane.take(group.messages).await.map_err(Refusal::Turned)?),
            Happening::Reaction(seen, reaction) => company.act(&seen, &reaction).await?,
        }
    }
    company.campaign().await.map(drop)
}
