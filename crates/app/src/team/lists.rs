//! The setting `alert_lists`: who gets the alerts of sequences, beside users.

use attractor_engine::address::is_mailable;
use attractor_mail::message::Mailbox;

/// The people on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertList {
    pub name: String,
    pub addresses: Vec<String>,
}

/// Reads the lists, each `NAME: ADDRESS ADDRESS`. The error says what would be right.
pub fn parse(texts: &[String]) -> Result<Vec<AlertList>, String> {
    texts.iter().map(|text| list(text)).collect()
}

fn list(text: &str) -> Result<AlertList, String> {
    let wrong = || format!("`{text}` in `alert_lists` is not a list; write `sales: ada@example.org bob@example.org`");
    let (name, addresses) = text.split_once(':').ok_or_else(wrong)?;
    let addresses: Vec<String> = addresses.split_whitespace().map(str::to_owned).collect();
    let is_good = |address: &String| Mailbox::parse(address).is_ok() && is_mailable(address);
    let name = name.trim().to_owned();
    if name.is_empty() || addresses.is_empty() || !addresses.iter().all(is_good) {
        return Err(wrong());
    }
    Ok(AlertList { name, addresses })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_a_name_and_addresses() {
        let read = |text: &str| parse(&[text.to_owned()]);
        let list = read(" sales : ada@x.example  bob@x.example").unwrap();
        assert_eq!((list[0].name.as_str(), list[0].addresses.len()), ("sales", 2));
        for text in ["", "sales", "sales:", ": ada@x.example", "sales: ada", "sales: ada@x.example, bob@x.example"] {
            assert!(read(text).unwrap_err().contains("is not a list"), "{text}");
        }
    }
}
