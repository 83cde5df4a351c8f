//! Headers that providers repeat in their webhooks, so that an event names the copy that it is about.

use super::header;

/// A provider that takes mails by SMTP and reports what becomes of them by webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// Amazon SES, which reports through Amazon SNS.
    Ses,
    SendGrid,
    Postmark,
    Mailgun,
}

impl Provider {
    pub const ALL: [Provider; 4] = [Provider::Ses, Provider::SendGrid, Provider::Postmark, Provider::Mailgun];

    /// As it is written in addresses and ids.
    pub fn name(self) -> &'static str {
        match self {
            Provider::Ses => "ses",
            Provider::SendGrid => "sendgrid",
            Provider::Postmark => "postmark",
            Provider::Mailgun => "mailgun",
        }
    }

    pub fn named(name: &str) -> Option<Provider> {
        Provider::ALL.into_iter().find(|provider| provider.name() == name)
    }
}

/// What names a copy, in the header that each of some providers repeats.
///
/// DKIM does not sign these headers: the provider takes them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// ASCII letters and digits.
    pub token: &'a str,
    pub providers: &'a [Provider],
}

impl Reference<'_> {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let is_plain = !self.token.is_empty() && self.token.bytes().all(|byte| byte.is_ascii_alphanumeric());
        for provider in self.providers.iter().filter(|_| is_plain) {
            let token = self.token;
            let (name, value) = match provider {
                Provider::Ses => ("X-SES-MESSAGE-TAGS", format!("copy={token}")),
                Provider::SendGrid => ("X-SMTPAPI", format!("{{\"unique_args\": {{\"copy\": \"{token}\"}}}}")),
                Provider::Postmark => ("X-PM-Metadata-copy", token.to_owned()),
                Provider::Mailgun => ("X-Mailgun-Variables", format!("{{\"copy\": \"{token}\"}}")),
            };
            header::raw(out, name, &value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(token: &str, providers: &[Provider]) -> String {
        let mut out = Vec::new();
        Reference { token, providers }.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_provider_has_its_header() {
        for (provider, header) in Provider::ALL.into_iter().zip([
            "X-SES-MESSAGE-TAGS: copy=ab2",
            "X-SMTPAPI: {\"unique_args\": {\"copy\": \"ab2\"}}",
            "X-PM-Metadata-copy: ab2",
            "X-Mailgun-Variables: {\"copy\": \"ab2\"}",
        ]) {
            assert_eq!(written("ab2", &[provider]), format!("{header}\r\n"));
            assert_eq!(Provider::named(provider.name()), Some(provider));
        }
        assert_eq!(written("ab2", &[]), "");
        assert_eq!(Provider::named("x"), None);
    }

    #[test]
    fn nothing_but_letters_and_digits_gets_into_a_header() {
        for token in ["", "a b", "a\r\nBcc: x", "a\"", "ä"] {
            assert_eq!(written(token, &Provider::ALL), "", "{token:?}");
        }
    }
}
