//! The files that an archive holds beside its tables: the keys of secrets, and the settings.

use std::fs;
use std::io;
use std::path::Path;

use super::archive::Contents;
use super::folder::put_file;
use super::secrets::{self, Secrets};
use super::sending::test_mode;
use crate::settings;

/// Where settings go that others have taken the place of.
pub const BEFORE: &str = "attractor.toml.before";

/// The files of an archive, checked.
pub struct Archived {
    /// Keys, a line each.
    keys: Vec<String>,
    /// Settings without those of a place; `None` where they are not to be put in place.
    settings: Option<String>,
    has_settings: bool,
    /// Where samples go by its settings; `None` where these have no test mode.
    samples_to: Option<String>,
}

impl Archived {
    /// Checks what a server reads at its start, so that none fails to start because of an archive. `settings` says whether
    /// these are wanted.
    pub fn read(contents: &Contents, settings: bool) -> Result<Archived, String> {
        let file = |name: &str| contents.files.iter().find(|(own, _)| own == name).map(|(_, bytes)| bytes.as_slice());
        let own = file(settings::FILE).filter(|bytes| !bytes.trim_ascii().is_empty());
        Ok(Archived {
            keys: file(secrets::FILE).map_or(Ok(Vec::new()), keys)?,
            settings: own.filter(|_| settings).map(portable).transpose()?,
            has_settings: own.is_some(),
            samples_to: own.and_then(|bytes| samples_to(&String::from_utf8_lossy(bytes))),
        })
    }

    /// Adds the keys to those that are here. Whether there are new ones, which a server reads when it starts.
    pub fn put_keys(&self, folder: &Path, remarks: &mut Vec<String>) -> io::Result<bool> {
        let path = folder.join(secrets::FILE);
        let here = fs::read_to_string(&path).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(String::new()),
            _ => Err(error),
        })?;
        let is_here = |key: &String| here.lines().any(|line| line.trim().eq_ignore_ascii_case(key));
        let missing: Vec<&str> = self.keys.iter().filter(|key| !is_here(key)).map(String::as_str).collect();
        if missing.is_empty() {
            return Ok(false);
        }
        put_file(&path, format!("{}\n{}\n", here.trim_end(), missing.join("\n")).trim_start().as_bytes())?;
        remarks.push("The key of the archive's secrets was added to secret.key.".into());
        Ok(true)
    }

    /// Puts the settings in place, where that was asked for. They name the database that the rows went to: `database`,
    /// empty for SQLite. Whether there are new ones, which a server reads when it starts.
    pub fn put_settings(&self, folder: &Path, database: &str, remarks: &mut Vec<String>) -> io::Result<bool> {
        let Some(text) = &self.settings else {
            if self.has_settings {
                remarks.push(format!(
                    "The archive's settings were not put in place. To have them, except for {}, restore once more with \
                     `--settings --force`; this replaces what was stored since.",
                    settings::listed_of_the_place()
                ));
            }
            remarks.extend(self.samples_to.as_ref().map(|to| {
                format!(
                    "In the archive's settings the test mode is on, and samples go to {to}. Here it is on only if `test_to` is \
                     set here too; otherwise e-mails to leads leave when sending is resumed."
                )
            }));
            return Ok(false);
        };
        let path = folder.join(settings::FILE);
        let text = if database.is_empty() { text.clone() } else { settings::with_database(text, database) };
        let earlier = match fs::read(&path) {
            Ok(here) if here == text.as_bytes() => {
                remarks.extend(to_know(&text, folder));
                return Ok(false);
            }
            Ok(here) => {
                put_file(&folder.join(BEFORE), &here)?;
                format!("earlier ones are in {BEFORE}")
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => "there were none before".to_owned(),
            Err(error) => return Err(error),
        };
        put_file(&path, text.as_bytes())?;
        remarks.push(format!("The archive's settings are in place; {earlier}."));
        remarks.push(format!(
            "A backup leaves out {}: set again those that this server uses.",
            settings::listed_of_the_place()
        ));
        remarks.extend(to_know(&text, folder));
        Ok(true)
    }
}

fn samples_to(text: &str) -> Option<String> {
    let settings = settings::check(settings::FILE, text).ok()?;
    let to = test_mode::recipient(&settings).ok().flatten()?;
    Some(to.address().to_owned())
}

/// What people should know about these settings in this folder: that the test mode is on, and which files are missing.
fn to_know(text: &str, folder: &Path) -> Vec<String> {
    let Ok(settings) = settings::check(settings::FILE, text) else { return Vec::new() };
    test_mode::warning(&settings).into_iter().chain(missing_files(&settings, folder)).collect()
}

/// A sentence for each file that the settings name and that is not in the folder.
fn missing_files(settings: &settings::Settings, folder: &Path) -> Vec<String> {
    let missing = |(_, file): &(&str, &String)| !file.is_empty() && !folder.join(file).exists();
    let sentence = |(name, file): (&str, &String)| {
        let until_then = match name {
            "smtp_ca" => "no e-mail leaves by a mail server",
            _ => "the sender domain is not verified",
        };
        format!(
            "`{name}` names the file {file}, which is not part of a backup and is not here: copy it from the old server into \
             {}, readable for the user that the server runs as. Until then {until_then}.",
            folder.join(file).parent().unwrap_or(folder).display()
        )
    };
    settings.files().into_iter().filter(missing).map(sentence).collect()
}

fn keys(bytes: &[u8]) -> Result<Vec<String>, String> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys: Vec<String> = lines.map(str::to_owned).collect();
    // Whoever reads this holds the archive: its keys are not shown all the same.
    let check = |key: &String| Secrets::parse(key).map(drop);
    keys.iter().try_for_each(check).map_err(|why| format!("{} of the archive: {why}", secrets::FILE))?;
    Ok(keys)
}

fn portable(bytes: &[u8]) -> Result<String, String> {
    let of_archive = |wrong: settings::Wrong| format!("{wrong}; restore without --settings, and set them by hand");
    let text = String::from_utf8_lossy(bytes);
    let text = settings::without(&text, &settings::OF_THE_PLACE).map_err(of_archive)?;
    settings::check("attractor.toml of the archive", &text).map_err(of_archive)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::super::archive::Head;
    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn contents(files: &[(&str, &str)]) -> Contents {
        let head = Head { program: "1".into(), schema: 1, made_at: "2026".into() };
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
        Contents { head, files, tables: 0, rows: 0 }
    }

    #[test]
    fn files_that_would_stop_a_server_are_refused() {
        for (name, text, words) in [
            (secrets::FILE, "# ours\nnot a key\n", "secret.key of the archive: a key is 64 hexadecimal digits"),
            (secrets::FILE, &format!("{KEY}\n{}\n", &KEY[1..]), "secret.key of the archive"),
            (settings::FILE, "readers = true", "attractor.toml of the archive:1: this will not do here"),
            (settings::FILE, "listen = ", "attractor.toml"),
        ] {
            let refused = Archived::read(&contents(&[(name, text)]), true).err().unwrap();
            assert!(refused.contains(words) && !refused.contains("not a key"), "{refused}");
        }
        Archived::read(&contents(&[(settings::FILE, "readers = true")]), false).unwrap();
    }

    #[test]
    fn settings_come_on_request_alone_and_name_the_database_of_the_rows() {
        let theirs = "# theirs\ndatabase = \"postgresql://them\"\nreaders = 3\ntake_over = true\n";
        let contents = contents(&[(settings::FILE, theirs)]);
        let put = |ours: Option<&str>, wanted: bool, database: &str| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(settings::FILE);
            if let Some(ours) = ours {
                fs::write(&path, ours).unwrap();
            }
            let mut remarks = Vec::new();
            let archived = Archived::read(&contents, wanted).unwrap();
            archived.put_settings(folder.path(), database, &mut remarks).unwrap();
            let read = |name: &str| fs::read_to_string(folder.path().join(name)).ok();
            assert_eq!(remarks.len(), if wanted { 2 } else { 1 }, "{remarks:?}");
            assert!(settings::OF_THE_PLACE.iter().all(|name| remarks.concat().contains(&format!("`{name}`"))));
            // The earlier settings are named only where they are.
            assert_eq!(remarks[0].contains(BEFORE), read(BEFORE).is_some(), "{remarks:?}");
            (read(settings::FILE), read(BEFORE))
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(put(None, false, ""), (None, None));
        assert_eq!(put(text("readers = 1").as_deref(), false, "postgresql://us"), (text("readers = 1"), None));
        assert_eq!(put(None, true, ""), (text("# theirs\nreaders = 3\n"), None));
        let ours = "database = \"postgresql://us\"\n";
        let both = "# theirs\nreaders = 3\ndatabase = \"postgresql://us\"\n";
        assert_eq!(put(Some(ours), true, "postgresql://us"), (text(both), text(ours)));
    }

    #[test]
    fn a_test_mode_of_the_archive_is_said_with_where_samples_go() {
        let folder = tempfile::tempdir().unwrap();
        let contents = contents(&[(settings::FILE, "test_to = \"qa@acme.example\"\n")]);
        let said = |wanted: bool| {
            let mut remarks = Vec::new();
            Archived::read(&contents, wanted).unwrap().put_settings(folder.path(), "", &mut remarks).unwrap();
            remarks
        };
        let on = "The test mode is on: e-mails to leads wait, and samples of them go to qa@acme.example. Remove";
        let apart = "In the archive's settings the test mode is on, and samples go to qa@acme.example.";
        let is_said = |remarks: &[String], words: &str| remarks.iter().any(|remark| remark.starts_with(words));
        let (left, put, same) = (said(false), said(true), said(true));
        assert!(is_said(&left, apart) && !is_said(&left, on), "{left:?}");
        assert!(is_said(&put, on) && !is_said(&put, apart), "{put:?}");
        assert!(same.len() == 1 && is_said(&same, on), "they are in place already: {same:?}");
    }

    #[test]
    fn files_that_settings_name_are_to_be_brought() {
        let folder = tempfile::tempdir().unwrap();
        let contents = contents(&[(settings::FILE, "dkim_rsa = \"dkim.pem\"\npublic_url_ca = \"ca.pem\"\n")]);
        let archived = Archived::read(&contents, true).unwrap();
        let put = || {
            let mut remarks = Vec::new();
            archived.put_settings(folder.path(), "", &mut remarks).unwrap();
            remarks
        };
        let both = put().split_off(2);
        assert!(both[0].starts_with("`dkim_rsa` names the file dkim.pem") && both[1].starts_with("`public_url_ca`"));
        assert_eq!(put(), both, "the settings are in place already, and the files are still missing");
        fs::write(folder.path().join("dkim.pem"), "").unwrap();
        assert_eq!(put(), both[1..]);
    }

    #[test]
    fn keys_are_added_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(secrets::FILE);
        let ours = KEY.replace("00", "ff");
        fs::write(&path, format!("{ours}\n")).unwrap();
        let archived = Archived::read(&contents(&[(secrets::FILE, KEY)]), false).unwrap();
        let mut remarks = Vec::new();
        for _ in 0..2 {
            archived.put_keys(folder.path(), &mut remarks).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{ours}\n{KEY}\n"));
        }
        assert_eq!(remarks.len(), 1);
        Secrets::parse(&fs::read_to_string(&path).unwrap()).unwrap();
    }
}
