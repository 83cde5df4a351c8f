//! What proves the webhooks of providers: keys and names of the settings.

use attractor_mail::inbound::webhooks::is_verification_key;
use attractor_mail::message::Provider;

use crate::settings::Settings;

/// The fewest characters of a password that strangers may try.
const SHORTEST: usize = 16;

/// Refuses keys that no webhook can be proved with. The error says what would be right, and repeats no secret.
pub fn check(settings: &Settings) -> Result<(), String> {
    if let Some(odd) = settings.ses_topics.iter().find(|topic| !is_topic(topic)) {
        return Err(format!(
            "`{odd}` in `ses_topics` is not the ARN of a topic; write arn:aws:sns:REGION:ACCOUNT:NAME, as Amazon SNS shows it"
        ));
    }
    if !settings.sendgrid_key.is_empty() && !is_verification_key(&settings.sendgrid_key) {
        return Err(
            "`sendgrid_key` is not a verification key; copy it from the settings of the signed event webhook".into()
        );
    }
    if !settings.postmark_webhook.is_empty() && login(settings).is_none_or(|(_, password)| password.len() < SHORTEST) {
        return Err(format!(
            "`postmark_webhook` needs USER:PASSWORD, with a password of at least {SHORTEST} characters"
        ));
    }
    Ok(())
}

fn is_topic(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() == 6 && parts[0] == "arn" && parts[2] == "sns" && parts.iter().all(|part| !part.is_empty())
}

/// User and password of Postmark's webhook.
pub(super) fn login(settings: &Settings) -> Option<(&str, &str)> {
    settings.postmark_webhook.reveal().split_once(':').filter(|(user, _)| !user.is_empty())
}

/// The providers whose webhooks are accepted: copies carry a header for each.
pub fn providers(settings: &Settings) -> Vec<Provider> {
    let is_set = |provider: &Provider| match provider {
        Provider::Ses => !settings.ses_topics.is_empty(),
        Provider::SendGrid => !settings.sendgrid_key.is_empty(),
        Provider::Postmark => !settings.postmark_webhook.is_empty(),
        Provider::Mailgun => !settings.mailgun_key.is_empty(),
    };
    Provider::ALL.into_iter().filter(is_set).collect()
}

/// The setting without which a provider's webhooks are refused.
pub(super) fn setting(provider: Provider) -> &'static str {
    match provider {
        Provider::Ses => "ses_topics",
        Provider::SendGrid => "sendgrid_key",
        Provider::Postmark => "postmark_webhook",
        Provider::Mailgun => "mailgun_key",
    }
}
