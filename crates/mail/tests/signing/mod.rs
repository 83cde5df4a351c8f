//! Signs webhooks as their providers do, with keys that are for these tests alone.

use attractor_mail::inbound::webhooks::{Delivered, Instant, Key, Refusal, Request, Window, read};
use data_encoding::BASE64;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

pub const CERTIFICATE: &[u8] = include_bytes!("../sns/certificate.pem");
const RSA_KEY: &str = include_str!("../sns/key.pem");
pub const TOPIC: &str = "arn:aws:sns:us-east-1:111111111111:SES_Events";
pub const MAILGUN_KEY: &str = "TEST_WEBHOOK_SIGNING_KEY";

/// However old a recorded request is, it is read.
pub const ANY_TIME: Window = Window { now: Instant(4_102_444_800_000), most_age: i64::MAX };

/// An SNS envelope, signed with version 2 (RSA with SHA-256).
pub fn ses(mut envelope: Value) -> Vec<u8> {
    let fields = [
        ("SigningCertURL", "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem"),
        ("SignatureVersion", "2"),
        ("TopicArn", TOPIC),
    ];
    for (name, value) in fields {
        envelope[name] = json!(value);
    }
    if envelope.get("Timestamp").is_none() {
        envelope["Timestamp"] = json!("2026-11-01T10:00:00.000Z");
    }
    let signed: String = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        .iter()
        .filter_map(|name| Some(format!("{name}\n{}\n", envelope.get(name)?.as_str()?)))
        .collect();
    let der: String = RSA_KEY.lines().filter(|line| !line.starts_with('-')).collect();
    let key = RsaKeyPair::from_pkcs8(&BASE64.decode(der.as_bytes()).expect("base64")).expect("an RSA key");
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("a signature");
    envelope["Signature"] = json!(BASE64.encode(signature.as_ref()));
    envelope.to_string().into_bytes()
}

pub fn read_ses(body: &[u8]) -> Result<Delivered, Refusal> {
    let key = Key::Ses { certificate: CERTIFICATE, topics: &[TOPIC] };
    read(&Request { headers: &[("Content-Type", "text/plain; charset=UTF-8")], body }, &key, ANY_TIME)
}

pub struct SendGrid(EcdsaKeyPair);

impl SendGrid {
    pub fn new() -> SendGrid {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a P-256 key");
        SendGrid(
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).expect("a P-256 key"),
        )
    }

    /// As SendGrid shows it: base64 of a SubjectPublicKeyInfo for P-256, whose head is always the same.
    pub fn public_key(&self) -> String {
        let head = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        BASE64.encode(&[&head, self.0.public_key().as_ref()].concat())
    }

    pub fn signature(&self, timestamp: &str, body: &[u8]) -> String {
        let signed = [timestamp.as_bytes(), body].concat();
        BASE64.encode(self.0.sign(&SystemRandom::new(), &signed).expect("a signature").as_ref())
    }

    pub fn read(&self, body: &[u8]) -> Result<Delivered, Refusal> {
        let signature = self.signature("1600000000", body);
        self.read_with(&[("1600000000", &signature)], body, ANY_TIME)
    }

    /// With these pairs of timestamp and signature in the headers: none or one.
    pub fn read_with(&self, signed: &[(&str, &str)], body: &[u8], window: Window) -> Result<Delivered, Refusal> {
        let mut headers = vec![("Content-Type", "application/json")];
        for (timestamp, signature) in signed {
            headers.push(("x-twilio-email-event-webhook-timestamp", timestamp));
            headers.push(("x-twilio-email-event-webhook-signature", signature));
        }
        read(&Request { headers: &headers, body }, &Key::SendGrid { public_key: &self.public_key() }, window)
    }
}

pub fn read_postmark(body: &[u8], authorization: Option<&str>) -> Result<Delivered, Refusal> {
    let headers: Vec<(&str, &str)> = authorization.map(|value| ("Authorization", value)).into_iter().collect();
    let key = Key::Postmark { user: "hook", password: "secret" };
    read(&Request { headers: &headers, body }, &key, ANY_TIME)
}

/// `hook:secret`.
pub const POSTMARK: &str = "Basic aG9vazpzZWNyZXQ=";

pub fn read_mailgun(content_type: &str, body: &[u8], signing_key: &str) -> Result<Delivered, Refusal> {
    read(&Request { headers: &[("content-type", content_type)], body }, &Key::Mailgun { signing_key }, ANY_TIME)
}
