//! Secrets at rest: sealed with a key that is not in the database, so that a copy of the database alone tells nothing.
//!
//! A sealed value is: format (1 byte, 1), key id (4 bytes), nonce (24 bytes), XChaCha20-Poly1305 of the secret. What it
//! is for is authenticated with it, so that one secret cannot be put in the place of another.
//!
//! The keys are lines of 64 hex digits, in `secret.key` in the data folder or in `ATTRACTOR_SECRET_KEY` (with commas).
//! The first one seals; the others still open what they have sealed.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use attractor_store::{Connection, Error, Location, hooks, webhooks};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hmac::digest::Digest;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::access::tokens;

pub const FILE: &str = "secret.key";
/// The environment variable that goes before the file.
pub const VARIABLE: &str = "ATTRACTOR_SECRET_KEY";

const FORMAT: u8 = 1;
const ID: usize = 4;
const NONCE: usize = 24;
const HEAD: usize = 1 + ID + NONCE;

/// The keys of an installation.
pub struct Secrets {
    /// Never empty; the first one seals.
    keys: Vec<Key>,
}

struct Key {
    id: [u8; ID],
    bytes: [u8; 32],
}

/// The keys are never shown.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Secrets({} keys)", self.keys.len())
    }
}

impl Secrets {
    /// The keys from the environment's `variable`, else from the folder's file, which is made where there is none.
    pub fn open(folder: &Path, variable: Option<String>) -> Result<Secrets, String> {
        if let Some(text) = variable.filter(|text| !text.trim().is_empty()) {
            return Secrets::parse(&text).map_err(|why| format!("{VARIABLE}: {why}"));
        }
        let path = folder.join(FILE);
        let place = |error: &dyn fmt::Display| format!("{}: {error}", path.display());
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => make(&path).map_err(|error| place(&error))?,
            Err(error) => return Err(place(&error)),
        };
        let mode = fs::metadata(&path).map_err(|error| place(&error))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(place(&format!("others may read it (mode {mode:o}): chmod 600")));
        }
        Secrets::parse(&text).map_err(|why| place(&why))
    }

    /// Whether a key may be made in this folder for this store; the error says why not. Where the store holds secrets, their
    /// key is somewhere else: a new one would open none of them, and nobody would see it before the first webhook fails.
    /// `password` reads the sealed password of the mail server; its inner error says why that cannot be read.
    pub fn may_begin(
        folder: &Path,
        variable: Option<String>,
        location: &Location,
        password: impl FnOnce(&mut Connection) -> Result<Option<Result<Vec<u8>, String>>, Error>,
    ) -> Result<(), String> {
        let path = folder.join(FILE);
        if variable.is_some_and(|text| !text.trim().is_empty()) || path.exists() {
            return Ok(());
        }
        // A store that cannot be read yet, such as a new one, has none.
        let sealed = location.reader().and_then(|mut reader| sealed_with(&mut reader, password)).unwrap_or_default();
        let Some(key) = sealed else { return Ok(()) };
        let path = path.display();
        let held = match key {
            Ok(id) => {
                format!(
                    "the store holds secrets, of webhooks or of the mail server, that were sealed with the key {id}"
                )
            }
            Err(why) => {
                format!("the store holds secrets, of which the password of the mail server cannot be read ({why})")
            }
        };
        Err(format!(
            "{held}, and there is no {path}: copy {FILE} from the server that made them, or set {VARIABLE} to its content. If \
             that key is lost, make another with `openssl rand -hex 32 > {path}; chmod 600 {path}`, replace the webhooks, and \
             set the password of the mail server again"
        ))
    }

    /// The keys in a text, as the file and the environment have them.
    pub fn parse(text: &str) -> Result<Secrets, String> {
        let lines = text.split(['\n', ',']).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys = lines.map(key).collect::<Option<Vec<Key>>>().filter(|keys| !keys.is_empty());
        keys.map(|keys| Secrets { keys })
            .ok_or_else(|| "a key is 64 hexadecimal digits; one stands on a line".to_owned())
    }

    /// `purpose` says what the secret is for, such as `smtp:3`; who opens it must say the same.
    pub fn seal(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, String> {
        self.seal_with(tokens::random(), purpose, secret)
    }

    fn seal_with(&self, nonce: [u8; NONCE], purpose: &str, secret: &[u8]) -> Result<Vec<u8>, String> {
        let key = &self.keys[0];
        let mut sealed = Vec::with_capacity(HEAD + secret.len() + 16);
        sealed.push(FORMAT);
        sealed.extend(key.id);
        sealed.extend(nonce);
        let bound = bound(&sealed[..=ID], purpose);
        let payload = Payload { msg: secret, aad: &bound };
        let text = cipher(key).encrypt(&nonce.into(), payload).map_err(|_| "the secret is too long".to_owned())?;
        sealed.extend(text);
        Ok(sealed)
    }

    /// The error says what is wrong, and nothing of the secret.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, String> {
        let [FORMAT, ..] = sealed else { return Err("it was sealed by a newer attractor, or is not a secret".into()) };
        let Some((head, text)) = sealed.split_at_checked(HEAD) else { return Err("it is cut short".into()) };
        let (id, nonce) = head[1..].split_at(ID);
        let key = self.keys.iter().find(|key| key.id == id).ok_or_else(|| {
            format!("it was sealed with the key {}, which is neither in {FILE} nor in {VARIABLE}", hex(id))
        })?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| "it is cut short".to_owned())?;
        let payload = Payload { msg: text, aad: &bound(&head[..=ID], purpose) };
        cipher(key).decrypt(&nonce.into(), payload).map_err(|_| "it was changed, or put in the place of another".into())
    }

    /// The same for the same bytes, and telling nothing of them to who lacks the key.
    pub fn fingerprint(&self, bytes: &[u8]) -> Vec<u8> {
        self.mac(b"fingerprint\0", bytes).to_vec()
    }

    /// Another secret that comes from the first key: the same for the same purpose as long as that key is the first one.
    pub fn derived(&self, purpose: &str) -> [u8; 32] {
        self.mac(b"derived\0", purpose.as_bytes())
    }

    /// The id of the first key, in hexadecimal. It tells nothing of the key.
    pub fn id(&self) -> String {
        hex(&self.keys[0].id)
    }

    fn mac(&self, context: &[u8], bytes: &[u8]) -> [u8; 32] {
        // A MAC takes keys of any length.
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.keys[0].bytes);
        mac.map(|mac| mac.chain_update(context).chain_update(bytes).finalize().into_bytes().into()).unwrap_or_default()
    }
}

/// The id of the key that sealed what the store holds, or why that cannot be read; `None` where it holds nothing sealed.
fn sealed_with(
    connection: &mut Connection,
    password: impl FnOnce(&mut Connection) -> Result<Option<Result<Vec<u8>, String>>, Error>,
) -> Result<Option<Result<String, String>>, Error> {
    let of_webhooks = webhooks::all(connection)?.into_iter().map(|webhook| webhook.secret);
    let of_hooks = hooks::all(connection)?.into_iter().filter(|hook| hook.proof == "hmac").map(|hook| hook.secret);
    let mut all = of_webhooks.chain(of_hooks).map(Ok).chain(password(connection)?);
    // What is shorter holds nothing.
    let sealed = all.find(|sealed| !sealed.as_ref().is_ok_and(|sealed| sealed.len() <= HEAD));
    Ok(sealed.map(|sealed| sealed.map(|sealed| hex(&sealed[1..=ID]))))
}

fn bound(head: &[u8], purpose: &str) -> Vec<u8> {
    [head, purpose.as_bytes()].concat()
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&key.bytes.into())
}

fn make(path: &Path) -> std::io::Result<String> {
    let text = format!("{}\n", hex(&tokens::random::<32>()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    // What is sealed is lost with its key: it must be on the disk before anything is.
    file.sync_all()?;
    Ok(text)
}

fn key(line: &str) -> Option<Key> {
    let mut bytes = [0; 32];
    if line.len() != 64 || !line.is_ascii() {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&line[2 * place..2 * place + 2], 16).ok()?;
    }
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    Some(Key { id: [digest[0], digest[1], digest[2], digest[3]], bytes })
}

/// Two digits a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const TWO: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

    fn with(keys: &str) -> Secrets {
        Secrets::parse(keys).unwrap()
    }

    /// Sealed values outlive versions of the program: these bytes must open for ever.
    #[test]
    fn what_was_sealed_once_opens_for_ever() {
        let sealed = with(ONE).seal_with([7; NONCE], "smtp:3", "päss".as_bytes()).unwrap();
        assert_eq!(hex(&sealed), GOLDEN);
        assert_eq!(with(ONE).unseal("smtp:3", &sealed).unwrap(), "päss".as_bytes());
        assert_eq!(hex(&with(ONE).fingerprint(b"abc"))[..16], *GOLDEN_FINGERPRINT);
        assert_eq!(hex(&with(ONE).derived("dkim"))[..16], *GOLDEN_DERIVED, "the public half stands in the DNS");
        assert_ne!(with(ONE).derived("dkim"), with(TWO).derived("dkim"));
    }

    const GOLDEN: &str =
        "01630dcd29070707070707070707070707070707070707070707070707967cffab2ded13b11e64a4ea4a66689294d7b463f4";
    const GOLDEN_DERIVED: &str = "5daa4cd1f2d50c36";
    const GOLDEN_FINGERPRINT: &str = "b3fb5c55cf22a825";

    #[test]
    fn sealed_twice_is_never_the_same() {
        let secrets = with(ONE);
        assert_ne!(secrets.seal("a", b"x").unwrap(), secrets.seal("a", b"x").unwrap());
        assert_eq!(secrets.unseal("a", &secrets.seal("a", b"").unwrap()).unwrap(), b"");
    }

    #[test]
    fn whatever_is_changed_does_not_open() {
        let secrets = with(ONE);
        let sealed = secrets.seal("smtp:3", b"secret").unwrap();
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            secrets.unseal("smtp:3", &changed).unwrap_err();
            secrets.unseal("smtp:3", &sealed[..place]).unwrap_err();
        }
        assert!(secrets.unseal("smtp:4", &sealed).unwrap_err().contains("place of another"));
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens() {
        let old = with(ONE).seal("a", b"x").unwrap();
        let both = with(&format!("# the new one\n{TWO}\n\n{ONE}\n"));
        assert_eq!(both.unseal("a", &old).unwrap(), b"x");
        let new = both.seal("a", b"x").unwrap();
        assert!(with(ONE).unseal("a", &new).unwrap_err().contains("the key af9613"), "names the key by its id");
    }

    #[test]
    fn the_key_file_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let sealed = Secrets::open(folder.path(), None).unwrap().seal("a", b"x").unwrap();
        assert_eq!(Secrets::open(folder.path(), None).unwrap().unseal("a", &sealed).unwrap(), b"x");
        let path = folder.path().join(FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        Secrets::open(folder.path(), Some(ONE.to_owned())).unwrap().unseal("a", &sealed).unwrap_err();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Secrets::open(folder.path(), None).unwrap_err().contains("chmod 600"));
    }

    #[test]
    fn no_key_is_made_beside_a_store_that_holds_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("store.db"));
        drop(location.writer().unwrap());
        let begin = |password: Option<Result<Vec<u8>, String>>| {
            Secrets::may_begin(folder.path(), None, &location, |_| Ok(password))
        };
        begin(None).unwrap();
        for (password, expected) in [
            (Ok(with(ONE).seal("a", b"x").unwrap()), "that were sealed with the key 630dcd29, and there is no "),
            (Err("its row is damaged".to_owned()), "mail server cannot be read (its row is damaged), and there is no "),
        ] {
            let why = begin(Some(password)).unwrap_err();
            assert!(why.contains(expected), "{why}");
        }
    }

    #[test]
    fn what_is_no_key_is_said_without_showing_it() {
        for text in ["xyz", &ONE[1..], &format!("{ONE},é"), &ONE.replace('0', "é")] {
            let why = Secrets::open(Path::new("/nowhere"), Some(text.to_owned())).unwrap_err();
            assert!(why.starts_with("ATTRACTOR_SECRET_KEY: a key is 64") && !why.contains(text), "{why}");
        }
        assert_eq!(format!("{:?}", with(ONE)), "Secrets(1 keys)");
    }
}
