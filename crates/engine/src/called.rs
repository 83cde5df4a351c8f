//! What somebody calls a lead: a text that may mean several things, or a form that means one.

use crate::address::canonical;

/// How a lead is called. The four forms with a prefix mean one thing each, whatever else there is; a bare text may mean
/// any of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Called<'a> {
    /// `id:414`, the store's own number
    Id(i64),
    /// `user:ada`
    User(&'a str),
    /// `email:ada@example.com`, canonical
    Email(String),
    /// `visitor:v-1`
    Visitor(&'a str),
    Bare(&'a str),
}

impl Called<'_> {
    /// Reads what a lead is called; an error says what a form wants.
    pub fn read(text: &str) -> Result<Called<'_>, String> {
        let Some((form, rest)) = text.split_once(':') else { return Ok(Called::Bare(text)) };
        match form {
            "id" => digits(rest).map(Called::Id).ok_or_else(|| format!("`{text}`: an id is a number, as in `id:414`")),
            "user" => Ok(Called::User(rest)),
            "email" => match canonical(rest) {
                Some(email) => Ok(Called::Email(email)),
                None => Err(format!("`{text}`: this is not an e-mail address; write it like `email:ada@example.com`")),
            },
            "visitor" => Ok(Called::Visitor(rest)),
            _ => Ok(Called::Bare(text)),
        }
    }

    /// What it may mean, the strongest first: a bare text that has the form of an address never means a visitor, so that
    /// no website can put itself before a person's address.
    pub fn readings(&self) -> Vec<Called<'_>> {
        let Called::Bare(text) = self else { return vec![self.clone()] };
        let email = canonical(text);
        let visitor = email.is_none().then_some(Called::Visitor(text));
        let id = digits(text).map(Called::Id);
        [id, Some(Called::User(text)), email.map(Called::Email), visitor].into_iter().flatten().collect()
    }

    /// What it means: each thing that `find` finds once, with the form that means it alone.
    pub fn meanings<T, E>(
        &self,
        mut find: impl FnMut(&Called) -> Result<Option<T>, E>,
        is_same: impl Fn(&T, &T) -> bool,
    ) -> Result<Vec<(String, T)>, E> {
        let mut found: Vec<(String, T)> = Vec::new();
        for reading in self.readings() {
            if let Some(one) = find(&reading)?
                && !found.iter().any(|(_, other)| is_same(&one, other))
            {
                found.push((reading.to_string(), one));
            }
        }
        Ok(found)
    }
}

/// As it is written, so that it means this alone.
impl std::fmt::Display for Called<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Called::Id(id) => write!(out, "id:{id}"),
            Called::User(id) => write!(out, "user:{id}"),
            Called::Email(email) => write!(out, "email:{email}"),
            Called::Visitor(id) => write!(out, "visitor:{id}"),
            Called::Bare(text) => out.write_str(text),
        }
    }
}

fn digits(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_means_one_thing_and_a_bare_text_all_that_it_may_mean() {
        let forms = |text| -> Result<Vec<String>, String> {
            Ok(Called::read(text)?.readings().iter().map(Called::to_string).collect())
        };
        let cases: [(&str, &[&str]); 9] = [
            ("id:414", &["id:414"]),
            ("user:414", &["user:414"]),
            ("user:user:414", &["user:user:414"]),
            ("email: Ada@Bücher.example", &["email:ada@xn--bcher-kva.example"]),
            ("visitor:v-1", &["visitor:v-1"]),
            ("414", &["id:414", "user:414", "visitor:414"]),
            ("ada", &["user:ada", "visitor:ada"]),
            ("ADA@acme.com", &["user:ADA@acme.com", "email:ada@acme.com"]),
            ("crm:414", &["user:crm:414", "visitor:crm:414"]),
        ];
        for (text, means) in cases {
            assert_eq!(forms(text).unwrap(), means, "{text}");
        }
        assert!(forms("id:ada").unwrap_err().contains("an id is a number"));
        assert!(forms("id:99999999999999999999").is_err());
        assert!(forms("email:ada").unwrap_err().contains("not an e-mail address"));
    }
}
