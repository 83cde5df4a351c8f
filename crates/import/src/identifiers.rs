//! Columns whose values are names in digits: postal codes, telephone numbers, ids, article numbers. They are texts,
//! whatever other rows hold, because nobody adds them up and their beginnings mean something.

use crate::consent::words::fold;

/// Whether a column of this name holds such values. English, German, French, Spanish, Italian and Dutch.
pub fn is_one(name: &str) -> bool {
    let folded = fold(name);
    let words: Vec<&str> = folded.split(' ').collect();
    let letters = folded.replace(' ', "");
    let last = words.last().copied().unwrap_or_default();
    words.iter().any(|word| WORDS.contains(word))
        || WORDS.contains(&letters.as_str())
        || LAST.contains(&last)
        || ENDS.iter().any(|end| last.len() > end.len() && last.ends_with(end))
        || WHOLE.iter().any(|whole| letters == *whole)
        || STEMS.iter().any(|stem| letters.contains(stem))
}

/// Whether a column of this name holds quantities, so that half of its cells may be something else.
pub fn is_quantity(name: &str) -> bool {
    let folded = fold(name);
    folded.split(' ').any(|word| QUANTITIES.contains(&word)) || folded.contains("number of")
}

/// Anywhere in a name.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "zip", "zipcode", "postal", "postcode", "postleitzahl", "plz", "phone", "telephone", "telefon", "telefono", "tel",
    "mobile", "mobil", "movil", "cellulare", "handy", "cell", "cellphone", "portable", "gsm", "fax", "whatsapp", "sms",
    "uuid", "guid", "sku", "ean", "gtin", "upc", "isbn", "iban", "bic", "siret", "siren", "nif", "cif", "dni", "kvk",
    "btw", "vat", "ssn", "tin", "duns", "imei", "mpn",
];

/// At the end of a name.
#[rustfmt::skip]
const LAST: &[&str] = &[
    "id", "ids", "no", "nr", "num", "number", "numbers", "nummer", "numero", "code", "codes", "codigo", "codice", "key", "ref",
    "reference", "referenz", "referencia", "riferimento", "schlussel", "pin", "barcode", "serial",
];

/// The end of a compound, such as `Kundennummer`.
const ENDS: &[&str] = &["nummer", "nr", "telefon", "schlussel", "kennung", "kennzeichen", "postcode"];

/// The whole name.
const WHOLE: &[&str] = &["cp", "cap", "hausnummer", "konto", "account", "taxid", "articolo", "article", "artikel"];

const STEMS: &[&str] =
    &["postleitzahl", "codepostal", "codigopostal", "codicepostale", "phonenumber", "telefonnummer", "idnr"];

#[rustfmt::skip]
const QUANTITIES: &[&str] = &[
    "size", "employees", "headcount", "mitarbeiter", "beschaftigte", "unternehmensgrosse", "revenue", "umsatz", "amount",
    "betrag", "total", "sum", "summe", "price", "preis", "value", "wert", "count", "anzahl", "age", "alter", "score",
    "points", "punkte", "visits", "besuche", "quantity", "menge", "budget", "salary", "turnover", "dipendenti",
    "empleados", "salaries", "effectif", "medewerkers", "omzet", "fatturato", "montant", "importe", "importo", "bedrag",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_identifiers() {
        let identifiers = "postal_code|Zip|PLZ|Postleitzahl|Code postal|CP|Código postal|CAP|phone|Phone Number|Telefon|\
                           Geschäftstelefon|mobile_phone|Handy|fax|Fax-Nr.|user id|externalId|customer_id|UUID|Kundennummer|\
                           Kunden-Nr|Customer No|Article Number|SKU|EAN|VAT ID|USt-IdNr.|Steuernummer|SIRET|NIF|KvK|IBAN|\
                           Invoice number|Order Code|Product Key|shop.sku|Rechnungsnr";
        for name in identifiers.split('|') {
            assert!(is_one(name), "{name}");
        }
        let others = "visits|Number of Employees|company.size|Umsatz|Total Time Spent|score|Age|Paid|Page Views Per Visit|\
                      Country|Idee|Notes|Nummernschild|average_stock|Codename|Report";
        for name in others.split('|') {
            assert!(!is_one(name), "{name}");
        }
        assert!(is_quantity("Number of Employees") && is_quantity("Umsatz") && !is_quantity("Notiz"));
    }
}
