//! The company that a lead is of, for whoever asks for a company's people. Derived from its profile.

use attractor_intake::address;

use crate::lead::profile::Profile;

/// Attributes that hold a company's name, the first that is there counts.
const NAMES: [&str; 4] = ["company.name", "company", "company_name", "organization"];

impl Profile {
    /// The company's key: what its last `group` named, else the registered domain of its address unless that is a
    /// free-mail provider's, else the name that its attributes give.
    pub fn company(&self) -> Option<String> {
        let by_domain = || address::read(&self.email()?)?.company;
        self.group.clone().or_else(by_domain).or_else(|| self.company_name().map(str::to_owned))
    }

    /// The company as people call it: the name that its attributes give, else its key.
    pub fn company_called(&self) -> Option<String> {
        self.company_name().map(str::to_owned).or_else(|| self.company())
    }

    /// The name that its attributes give the company.
    pub fn company_name(&self) -> Option<&str> {
        let texts = NAMES.iter().filter_map(|name| self.attribute(name)?.value.as_str());
        texts.map(str::trim).find(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::profile::Attribute;

    #[test]
    fn a_company_is_the_groups_else_the_domains_else_the_one_that_the_attributes_name() {
        let attribute =
            |value: &str| Attribute { value: value.into(), at: 0, by: "import:1".into(), public: false, read: false };
        for (group, email, name, company) in [
            (None, None, None, None),
            (None, Some("ada@gmail.com"), None, None),
            (None, Some("ada@gmail.com"), Some("  "), None),
            (None, Some("ada@gmail.com"), Some(" Acme Werke "), Some("Acme Werke")),
            (None, None, Some("Acme Werke"), Some("Acme Werke")),
            (None, Some("ada@mail.acme.com"), Some("Acme Werke"), Some("acme.com")),
            (Some("acme"), Some("ada@mail.acme.com"), Some("Acme Werke"), Some("acme")),
        ] {
            let mut profile = Profile { group: group.map(str::to_owned), ..Profile::default() };
            profile.attributes.extend(email.map(|email| ("email".to_owned(), attribute(email))));
            profile.attributes.extend(name.map(|name| ("company.name".to_owned(), attribute(name))));
            assert_eq!(profile.company().as_deref(), company, "{group:?} {email:?} {name:?}");
        }
    }

    #[test]
    fn a_company_is_called_by_its_name_else_by_its_group_else_by_its_domain() {
        let attribute =
            |value: &str| Attribute { value: value.into(), at: 0, by: "import:1".into(), public: false, read: false };
        for (group, email, name, called) in [
            (None, None, None, None),
            (None, Some("ada@gmail.com"), None, None),
            (None, Some("y1@realcorp-gmbh.de"), None, Some("realcorp-gmbh.de")),
            (None, Some("y1@realcorp-gmbh.de"), Some("  "), Some("realcorp-gmbh.de")),
            (None, Some("y1@realcorp-gmbh.de"), Some(" Real Corp GmbH "), Some("Real Corp GmbH")),
            (Some("acme"), Some("ada@acme.com"), None, Some("acme")),
            (Some("acme"), Some("ada@acme.com"), Some("Acme Werke"), Some("Acme Werke")),
        ] {
            let mut profile = Profile { group: group.map(str::to_owned), ..Profile::default() };
            profile.attributes.extend(email.map(|email| ("email".to_owned(), attribute(email))));
            profile.attributes.extend(name.map(|name| ("company.name".to_owned(), attribute(name))));
            assert_eq!(profile.company_called().as_deref(), called, "{group:?} {email:?} {name:?}");
        }
    }
}
