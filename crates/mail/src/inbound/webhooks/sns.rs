//! Amazon SNS: the signature over a message's fields, and the event in the envelope.
//!
//! Source: "Verifying the signatures of Amazon SNS messages", Amazon SNS developer guide. Version 1 is RSA with SHA-1,
//! which is what a topic has by default, version 2 RSA with SHA-256.

use data_encoding::BASE64;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::Value;
use x509_cert::Certificate;
use x509_cert::der::DecodePem;

use super::{Delivered, Refusal, Request, Window, instant, ses, text};

/// The URL of the certificate that has to be fetched (over HTTPS, without following redirects) before a request can be
/// verified. Only certificates at Amazon are named.
pub fn certificate_url(body: &[u8]) -> Result<String, Refusal> {
    let envelope = envelope(body)?;
    let url = text(&envelope, "/SigningCertURL");
    let url = if url.is_empty() { text(&envelope, "/SigningCertUrl") } else { url };
    match url {
        "" => Err(Refusal::Missing("SigningCertURL")),
        url if is_of(url, topic(&envelope)) && url.ends_with(".pem") && !url.contains('?') => Ok(url.to_owned()),
        _ => Err(Refusal::ForeignCertificate),
    }
}

/// The ARN of the topic that a message says it is of; empty where it says none.
pub fn topic_of(body: &[u8]) -> Result<String, Refusal> {
    envelope(body).map(|envelope| topic(&envelope).to_owned())
}

fn topic(envelope: &Value) -> &str {
    text(envelope, "/TopicArn")
}

/// Whether a URL is at Amazon's SNS in the region of a topic: elsewhere below amazonaws.com are also buckets of anybody's.
fn is_of(url: &str, topic: &str) -> bool {
    let region = topic.split(':').nth(3).unwrap_or_default();
    is_amazon_url(url) && url.starts_with(&format!("https://sns.{region}.amazonaws.com"))
}

/// True for `https://sns.REGION.amazonaws.com/…`, also in China, without user, port or anything else in between.
fn is_amazon_url(url: &str) -> bool {
    let Some((host, _)) = url.strip_prefix("https://sns.").and_then(|rest| rest.split_once('/')) else { return false };
    let region = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"));
    let is_region = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    region.is_some_and(|region| !region.is_empty() && region.bytes().all(is_region))
}

fn envelope(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body).ok().filter(Value::is_object).ok_or(Refusal::Malformed("the SNS message"))
}

pub(super) fn read(
    request: &Request,
    certificate: &[u8],
    topics: &[&str],
    window: Window,
) -> Result<Delivered, Refusal> {
    let envelope = envelope(request.body)?;
    certificate_url(request.body)?;
    verify(&envelope, certificate)?;
    if !topics.contains(&topic(&envelope)) {
        return Err(Refusal::ForeignTopic);
    }
    let at = instant(text(&envelope, "/Timestamp")).ok_or(Refusal::Missing("Timestamp"))?;
    window.check(at)?;
    match text(&envelope, "/Type") {
        "SubscriptionConfirmation" => {
            let url = text(&envelope, "/SubscribeURL");
            Ok(Delivered { confirm: is_of(url, topic(&envelope)).then(|| url.to_owned()), ..Delivered::default() })
        }
        "Notification" => ses::read(text(&envelope, "/Message"), text(&envelope, "/MessageId"), at),
        _ => Ok(Delivered { ignored: 1, ..Delivered::default() }),
    }
}

fn verify(envelope: &Value, certificate: &[u8]) -> Result<(), Refusal> {
    let signature = text(envelope, "/Signature");
    if signature.is_empty() {
        return Err(Refusal::Missing("Signature"));
    }
    let signature = BASE64.decode(signature.as_bytes()).map_err(|_| Refusal::Unproven)?;
    let algorithm: &dyn VerificationAlgorithm = match text(envelope, "/SignatureVersion") {
        "1" => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        "2" => &RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(Refusal::Malformed("`SignatureVersion`")),
    };
    let certificate = Certificate::from_pem(certificate).map_err(|_| Refusal::Key("certificate"))?;
    let key = certificate.tbs_certificate.subject_public_key_info.subject_public_key;
    let key = UnparsedPublicKey::new(algorithm, key.raw_bytes());
    key.verify(signed(envelope).as_bytes(), &signature).map_err(|_| Refusal::Unproven)
}

/// The text that is signed: these fields by name, each name and value on a line of its own.
fn signed(envelope: &Value) -> String {
    let is_notification = text(envelope, "/Type") == "Notification";
    let names: &[&str] = if is_notification {
        &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    } else {
        &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    };
    let values = names.iter().filter_map(|name| Some((name, envelope.get(name)?.as_str()?)));
    values.map(|(name, value)| format!("{name}\n{value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_amazon_has_our_certificates() {
        let table = [
            ("https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem", true),
            ("https://sns.cn-north-1.amazonaws.com.cn/a.pem", true),
            ("http://sns.eu-central-1.amazonaws.com/a.pem", false),
            ("https://sns.eu-central-1.amazonaws.com.evil.example/a.pem", false),
            ("https://sns.evil.example/.amazonaws.com/a.pem", false),
            ("https://sns.x@evil.amazonaws.com/a.pem", false),
            ("https://sns.x.amazonaws.com:8443/a.pem", false),
            ("https://sns.a.b.amazonaws.com/a.pem", false),
            ("https://sns..amazonaws.com/a.pem", false),
            ("https://s3.amazonaws.com/bucket/sns.pem", false),
            ("https://sns.amazonaws.com/a.pem", false),
        ];
        for (url, is_amazon) in table {
            let region = url.strip_prefix("https://sns.").and_then(|rest| rest.split('.').next()).unwrap_or_default();
            let body = |region: &str| {
                format!("{{\"SigningCertURL\": \"{url}\", \"TopicArn\": \"arn:aws:sns:{region}:1:mail\"}}")
            };
            assert_eq!(certificate_url(body(region).as_bytes()).is_ok(), is_amazon, "{url}");
            // Anybody may have a bucket with this name, or a topic in another region.
            assert!(certificate_url(body("eu-west-3").as_bytes()).is_err(), "{url}");
        }
        let bucket = br#"{"SigningCertURL": "https://sns.s3-us-west-2.amazonaws.com/x.pem", "TopicArn": "arn:aws:sns:us-west-2:1:mail"}"#;
        assert!(certificate_url(bucket).is_err());
        assert_eq!(certificate_url(b"{}"), Err(Refusal::Missing("SigningCertURL")));
        assert!(certificate_url(br#"{"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/a.html", "TopicArn": "arn:aws:sns:eu-west-1:1:m"}"#).is_err());
    }
}
