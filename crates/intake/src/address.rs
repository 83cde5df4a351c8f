//! What an e-mail address tells by itself: whether it is a person's at a company, and which company's.

use attractor_engine::address::canonical;

/// Domains of throw-away addresses, sorted; see `data/README.md`.
const DISPOSABLE: &str = include_str!("../data/disposable.txt");

/// Domains at which anybody gets an address, sorted; see `data/README.md`.
const FREE: &str = include_str!("../data/free.txt");

/// Such domains that the lists lack.
const FREE_TOO: [&str; 12] = [
    "duck.com",
    "gmx.eu",
    "hey.com",
    "mailbox.org",
    "mozmail.com",
    "passmail.net",
    "pm.me",
    "posteo.de",
    "posteo.net",
    "privaterelay.appleid.com",
    "proton.me",
    "tutanota.de",
];

/// Local parts that stand for a task, not for a person.
const ROLES: [&str; 40] = [
    "abuse",
    "accounting",
    "accounts",
    "admin",
    "administrator",
    "billing",
    "bewerbung",
    "buchhaltung",
    "careers",
    "contact",
    "contacto",
    "enquiries",
    "feedback",
    "hello",
    "help",
    "helpdesk",
    "hostmaster",
    "hr",
    "info",
    "inquiries",
    "jobs",
    "kontakt",
    "mail",
    "marketing",
    "media",
    "no-reply",
    "noreply",
    "office",
    "orders",
    "postmaster",
    "press",
    "privacy",
    "sales",
    "security",
    "service",
    "support",
    "team",
    "vertrieb",
    "webmaster",
    "welcome",
];

/// What an address tells. `free` and `disposable` exclude each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The domain, in its ASCII form.
    pub domain: String,
    pub free: bool,
    pub disposable: bool,
    /// Read by whoever has the task, such as `info@`.
    pub role: bool,
    /// The company's key: the registered domain, where it is a company's.
    pub company: Option<String>,
}

/// Reads an address; `None` if the text is not one address with a domain of several labels.
pub fn read(email: &str) -> Option<Address> {
    let email = canonical(email)?;
    let (local, domain) = email.split_once('@')?;
    if !domain.contains('.') || domain.contains([',', ';', '(', ')', '"']) {
        return None;
    }
    let disposable = any_parent(domain, |domain| listed(DISPOSABLE, domain));
    let free = !disposable && any_parent(domain, |domain| listed(FREE, domain) || FREE_TOO.contains(&domain));
    // A name under no known ending (`host.lan`) is nobody's, and an ending alone (`co.uk`) everybody's.
    let known = psl::suffix(domain.as_bytes()).is_some_and(|suffix| suffix.is_known());
    let company = psl::domain_str(domain).filter(|_| known && !free && !disposable);
    Some(Address {
        free,
        disposable,
        role: ROLES.contains(&local.split('+').next().unwrap_or(local)),
        company: company.map(str::to_owned),
        domain: domain.to_owned(),
    })
}

/// Whether this holds of the domain, or of one that it is below of.
fn any_parent(domain: &str, holds: impl Fn(&str) -> bool) -> bool {
    let mut rest = domain;
    loop {
        if holds(rest) {
            return true;
        }
        match rest.split_once('.') {
            Some((_, parent)) if parent.contains('.') => rest = parent,
            _ => return false,
        }
    }
}

/// Whether a sorted list has this line: bisection over bytes, so that no index has to be built or held.
fn listed(list: &str, line: &str) -> bool {
    let (mut low, mut high) = (0, list.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = list.as_bytes()[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let end = list.as_bytes()[middle..].iter().position(|byte| *byte == b'\n').map_or(list.len(), |at| middle + at);
        match list[start..end].cmp(line) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_tell_what_they_are() {
        for (email, told) in [
            (" Ada@Shop.Example.co.uk ", "company example.co.uk"),
            ("info@acme.com", "role, company acme.com"),
            ("sales+x@acme.com", "role, company acme.com"),
            ("informatik@acme.com", "company acme.com"),
            ("ada@gmail.com", "free"),
            ("ada@web.de", "free"),
            ("ada@posteo.de", "free"),
            ("ada@mailinator.com", "disposable"),
            ("ada@x.mailinator.com", "disposable"),
            ("ada@host.lan", ""),
            ("ada@co.uk", ""),
            ("ada@München.de", "company xn--mnchen-3ya.de"),
            ("a\u{ad}da@acme.com", "company acme.com"),
        ] {
            let address = read(email).unwrap();
            let parts = [
                address.role.then(|| "role".to_owned()),
                address.free.then(|| "free".to_owned()),
                address.disposable.then(|| "disposable".to_owned()),
                address.company.map(|company| format!("company {company}")),
            ];
            assert_eq!(parts.into_iter().flatten().collect::<Vec<_>>().join(", "), told, "{email}");
        }
        for none in
            ["", "@", "a@", "@b.c", "a@b", "a b", "a@b c.d", "a@b..c", "a@.b", "Ada <a@b.c>", "a@b@acme.com", "a@b.c."]
        {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn the_lists_are_sorted_and_found_in_whole() {
        for list in [DISPOSABLE, FREE] {
            let lines: Vec<&str> = list.lines().collect();
            assert!(lines.is_sorted_by(|a, b| a < b) && lines.len() > 5_000);
            for line in lines {
                assert!(listed(list, line) && line == line.to_lowercase() && line.contains('.'), "{line}");
                assert!(!listed(list, &line[1..]) || list.contains(&format!("\n{}\n", &line[1..])), "{line}");
            }
        }
        assert!(FREE.lines().all(|domain| !listed(DISPOSABLE, domain)));
        assert!(!listed("", "a") && !listed(FREE, "") && !listed(FREE, "\n"));
    }

    #[test]
    fn no_list_calls_a_company_free() {
        for company in
            ["microsoft.com", "salesforce.com", "bosch.com", "mit.edu", "deutsche-bank.de", "ibm.com", "sap.com"]
        {
            assert_eq!(read(&format!("ada@{company}")).unwrap().company.as_deref(), Some(company));
        }
    }
}
