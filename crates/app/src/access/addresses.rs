//! The addresses of users, as they are compared.

use attractor_engine::address::canonical;
use attractor_store::access::{self, User};
use attractor_store::{Connection, Error};

/// An e-mail address as it is compared and stored: in its canonical form. A text that is not an address has no spaces around
/// it, and ASCII letters in lower case.
pub fn plain(email: &str) -> String {
    canonical(email).unwrap_or_else(|| email.trim().to_ascii_lowercase())
}

/// The user with an address, however it is written. An earlier version stored lower case in place of the canonical form: of two
/// users whom it told apart, the one whose address is spelled so.
pub(crate) fn with_address<'u>(users: &'u [User], address: &str) -> Option<&'u User> {
    among(users.iter(), |user| user.email.as_str(), address)
}

/// The same among whatever has an address.
pub fn among<T>(all: impl Iterator<Item = T> + Clone, email: impl Fn(&T) -> &str, address: &str) -> Option<T> {
    let (spelled, plainly) = (address.trim().to_ascii_lowercase(), plain(address));
    let of_spelling = all.clone().find(|one| email(one) == spelled);
    of_spelling.or_else(|| all.clone().find(|one| plain(email(one)) == plainly))
}

/// The same among all users, those who are disabled too. All are read, whether or not one is found.
pub(crate) fn find(connection: &mut Connection, address: &str) -> Result<Option<User>, Error> {
    Ok(with_address(&access::users(connection)?, address).cloned())
}

#[cfg(test)]
mod tests {
    use attractor_store::UserId;

    use super::*;

    fn user(id: i64, email: &str) -> User {
        User {
            id: UserId(id),
            email: email.to_owned(),
            name: String::new(),
            role: "owner".to_owned(),
            password: None,
            made_at: 0,
            disabled_at: None,
        }
    }

    #[test]
    fn an_address_is_compared_in_its_canonical_form() {
        for (written, expected) in [
            ("  Ada@Example.COM\n", "ada@example.com"),
            ("Ada@Bücher.example", "ada@xn--bcher-kva.example"),
            ("a\u{ad}da@example.com", "ada@example.com"),
            ("\u{212a}ay@example.com", "\u{212a}ay@example.com"),
            (" Sales ", "sales"),
        ] {
            assert_eq!(plain(written), expected, "{written}");
        }
    }

    #[test]
    fn a_user_is_found_by_the_address_as_it_was_stored_and_by_its_canonical_form() {
        let users = [
            user(1, "kay@example.com"),
            user(2, "käse@bücher.example"),
            user(3, "bea@bücher.example"),
            user(4, "bea@xn--bcher-kva.example"),
        ];
        for (address, expected) in [
            (" Kay@example.com", Some(1)),
            ("\u{212a}ay@example.com", None),
            ("käse@bücher.example", Some(2)),
            ("käse@BÜCHER.example", Some(2)),
            ("käse@xn--bcher-kva.example", Some(2)),
            ("bea@bücher.example", Some(3)),
            ("Bea@XN--bcher-kva.example", Some(4)),
            ("", None),
        ] {
            let found = with_address(&users, address).map(|user| user.id);
            assert_eq!(found, expected.map(UserId), "{address}");
        }
    }
}
