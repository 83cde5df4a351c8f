//! Random messages that the newer forms ask about.

use super::random::{DATES, NEWER_KINDS, Theme};
use super::random_condition::value;
use super::random_dates;
use super::random_history::{Author, track};
use serde_json::{Value, json};

/// What proofs are: the first ones prove something.
const PROOFS: [&str; 8] = ["\"form on /pricing\"", "\" x \"", "\"yes\"", "\"\"", "\" \\t\"", "5", "true", "[\"yes\"]"];

impl Author<'_> {
    /// What happens in the messages that only the newer forms ask about.
    pub fn newer(&mut self) -> Value {
        let theme = self.world.theme;
        let of = |other, weight| if theme == other { weight * 4 } else { weight };
        let dates = of(Theme::Dates, 20);
        let (consent, orders) = (of(Theme::Consent, 24), of(Theme::Orders, 36));
        let mail = of(Theme::Mail, 15);
        match self.dice.weighted(&[(dates, 'd'), (consent, 'c'), (mail, 'm'), (orders, 'o'), (5, 'x')]) {
            'd' => self.dates(),
            'c' => self.consent(),
            'm' => self.copy(),
            'o' => self.order(),
            _ => self.choice(),
        }
    }

    /// Sets attributes that conditions ask for as dates.
    pub fn dates(&mut self) -> Value {
        let mut traits = json!({});
        let chosen: Vec<&str> = match self.dice.below(10) {
            0..7 => self.world.dates.clone(),
            7..9 => vec![*self.dice.pick(&self.world.dates)],
            _ => vec![*self.dice.pick(&DATES), "first_seen"],
        };
        for name in chosen {
            let date = self.date();
            match name.split_once('.') {
                Some(("company", name)) if self.dice.chance(70) => {
                    return json!({"type": "group", "groupId": "g", "traits": {name: date}});
                }
                Some((outer, name)) => traits[outer] = json!({name: date}),
                None => traits[name] = date,
            }
        }
        json!({"type": "identify", "traits": traits})
    }

    fn date(&mut self) -> Value {
        if self.world.theme == Theme::Dates && self.dice.chance(50) {
            return random_dates::near_change(self.dice, self.world).into();
        }
        if self.dice.chance(8) { Value::Null } else { random_dates::value(self.dice, self.world, self.now) }
    }

    /// The id of a scope, or what is none.
    fn scope(&mut self, ids: &[&str]) -> Value {
        match self.dice.below(10) {
            0 => self.dice.pick(&[json!(7), json!(""), Value::Null, json!(["newsletter"]), json!(true)]).clone(),
            _ => json!(self.dice.pick(ids)),
        }
    }

    fn consent(&mut self) -> Value {
        let kind = self.dice.weighted(&[
            (46, "Subscribed"),
            (16, "Unsubscribed"),
            (4, "Email Marked as Spam"),
            (18, "Tracking Allowed"),
            (8, "Tracking Declined"),
            (14, "Email Bounced"),
        ]);
        let mut properties = json!({});
        if self.dice.chance(45) {
            properties["subscription"] = self.scope(&["newsletter", "newsletter", "product", "product", "Product"]);
        }
        if self.dice.chance(30) {
            properties["topic"] = self.scope(&["shirts", "shoes", "ties", "gone"]);
        }
        if matches!(kind, "Subscribed" | "Tracking Allowed") && self.dice.chance(90) {
            let proof = if self.dice.chance(75) { PROOFS[0] } else { *self.dice.pick(&PROOFS) };
            properties["proof"] = serde_json::from_str(proof).expect("proofs are JSON");
        }
        if kind == "Email Bounced" {
            properties = self.bounce();
        }
        let mut message = track(kind, properties);
        if self.dice.chance(25) {
            message["context"] = json!({"history": self.dice.chance(90)});
        }
        message
    }

    /// Messages about consent of which one decides what another means, mostly in the order in which it does.
    pub fn consents(&mut self) -> Vec<Value> {
        let proof = || json!({"proof": "form"});
        let told = |mut message: Value| {
            message["context"] = json!({"history": true});
            message
        };
        let mut messages = match self.dice.below(3) {
            0 => vec![
                track("Email Bounced", json!({})),
                track("Subscribed", json!({"proof": "form", "subscription": "product"})),
                told(track("Subscribed", proof())),
            ],
            1 => vec![
                told(track("Subscribed", proof())),
                track("Email Bounced", json!({"permanent": *self.dice.pick(&[false, false, true])})),
            ],
            _ => vec![track("Tracking Declined", json!({})), told(track("Tracking Allowed", proof()))],
        };
        if self.dice.chance(25) {
            messages.reverse();
        }
        messages
    }

    fn bounce(&mut self) -> Value {
        let mut properties = json!({"send_id": self.sent()});
        if self.dice.chance(60) {
            properties["permanent"] = self.dice.pick(&[json!(true), json!(false), json!(false), Value::Null]).clone();
        }
        properties
    }

    /// A copy that was delivered before, or will be.
    fn sent(&mut self) -> String {
        format!("c{}", self.dice.below(self.copies + 1))
    }

    /// Each copy is delivered once: what a second delivery that was not measured makes of it is left open.
    pub fn copy(&mut self) -> Value {
        if self.world.theme == Theme::Mail && self.dice.chance(12) {
            return track("Tracking Declined", json!({}));
        }
        let kind = self.dice.weighted(&[
            (44, "Email Delivered"),
            (22, "Email Opened"),
            (20, "Email Link Clicked"),
            (4, "Email Sent"),
            (4, "Email Auto-Replied"),
            (6, "Email Bounced"),
        ]);
        let mut properties = match kind {
            "Email Bounced" => self.bounce(),
            _ => json!({"email_id": "welcome", "send_id": self.sent()}),
        };
        match kind {
            "Email Delivered" => {
                properties["send_id"] = format!("c{}", self.copies).into();
                self.copies += 1;
                if self.dice.chance(35) {
                    let tracked = [json!(false), json!(false), json!(true), json!("false"), Value::Null];
                    properties["tracked"] = self.dice.pick(&tracked).clone();
                }
            }
            "Email Sent" if self.dice.chance(50) => properties["tracked"] = false.into(),
            "Email Opened" => {
                properties["age"] = json!(self.dice.below(90_000));
                if self.dice.chance(35) {
                    properties["proxy"] = true.into();
                }
            }
            _ => {}
        }
        self.topic(&mut properties);
        track(kind, properties)
    }

    /// What an order may be worth: most often a number, or a text that reads as one.
    pub fn amount(&mut self) -> Value {
        let amounts =
            json!([10, "10", 5, 2.5, 0.1, "0.1", 0.2, -3, " 20 ", "1e1", "+5", 50, "abc", "0x5", true, null, [5]]);
        match self.dice.below(12) {
            0 => json!({"net": 5}),
            1..6 => json!(*self.dice.pick(&[5, 10, 20])),
            _ => self.dice.pick(amounts.as_array().expect("a list")).clone(),
        }
    }

    fn order(&mut self) -> Value {
        let mut properties = json!({"plan": *self.dice.pick(&["free", "pro", "Pro"])});
        if self.dice.chance(90) {
            properties["amount"] = self.amount();
        }
        if self.dice.chance(50) {
            properties["size"] = value(self.dice);
        }
        self.topic(&mut properties);
        let kind = if self.dice.chance(65) { "Order Placed" } else { *self.dice.pick(&self.world.kinds) };
        track(kind, properties)
    }

    fn choice(&mut self) -> Value {
        let kind = *self.dice.pick(&NEWER_KINDS);
        let mut properties = match self.dice.below(3) {
            0 => json!({"every": "30d"}),
            1 => json!({"until": random_dates::date(self.dice, self.world, self.now)}),
            _ => json!({}),
        };
        self.topic(&mut properties);
        track(kind, properties)
    }
}
