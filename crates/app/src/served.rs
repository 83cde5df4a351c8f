//! Which database a data folder was served with. A server that is started again without its `--database` would begin a new,
//! empty store beside it, and nobody would see where the leads are.

use std::fs;
use std::io::ErrorKind;

use crate::DATABASE;
use crate::folder::{Folder, put_file};
use crate::settings::Settings;

/// The file that names the database, without its password.
const FILE: &str = "served-database";

/// Whether the folder may begin a store in itself: not where it has served a database and has no store of its own.
pub fn check(folder: &Folder, settings: &Settings) -> Result<(), String> {
    if !settings.database.is_empty() || folder.path().join(DATABASE).exists() {
        return Ok(());
    }
    let path = folder.path().join(FILE);
    match fs::read_to_string(&path) {
        Ok(database) => Err(format!(
            "{} has served the database {}, which is named neither by --database, nor by ATTRACTOR_DATABASE, nor in \
             attractor.toml: name it; or remove {} to begin a new store in the folder",
            folder.path().display(),
            database.trim(),
            path.display()
        )),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Notes the database that the folder serves now.
pub fn note(folder: &Folder, settings: &Settings) -> Result<(), String> {
    let path = folder.path().join(FILE);
    let database = without_password(&settings.database);
    if database.is_empty() || fs::read_to_string(&path).is_ok_and(|noted| noted.trim() == database) {
        return Ok(());
    }
    put_file(&path, format!("{database}\n").as_bytes()).map_err(|error| format!("{}: {error}", path.display()))
}

/// A URL as people may see it: without its password, and without its parameters, which may hold one.
fn without_password(url: &str) -> String {
    let url = url.split_once('?').map_or(url, |(front, _)| front);
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((who, place)) = rest.rsplit_once('@') else { return url.to_owned() };
    format!("{scheme}://{}@{place}", who.split(':').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use attractor_engine::time::Instant;

    use super::*;
    use crate::settings;

    fn with(folder: &Folder, database: &str) -> Settings {
        let flags = [("database", Some(database.to_owned()))];
        settings::read(folder.path(), |_| None, &flags).unwrap()
    }

    #[test]
    fn a_password_is_not_kept() {
        for (url, shown) in [
            ("postgresql://ada:s@c:ret@db.example:5432/a", "postgresql://ada@db.example:5432/a"),
            ("postgresql://db.example/a?password=secret", "postgresql://db.example/a"),
            ("postgresql://ada@/a?host=/run", "postgresql://ada@/a"),
            ("", ""),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn a_folder_that_served_a_database_begins_no_store_in_its_place() {
        let outer = tempfile::tempdir().unwrap();
        let folder = Folder::hold(outer.path(), Instant(0)).unwrap();
        let (sqlite, postgresql) = (with(&folder, ""), with(&folder, "postgresql://ada:secret@db.example/a"));
        assert_eq!(check(&folder, &sqlite), Ok(()), "a new folder");
        note(&folder, &sqlite).unwrap();
        assert_eq!(check(&folder, &sqlite), Ok(()));
        note(&folder, &postgresql).unwrap();
        assert_eq!(check(&folder, &postgresql), Ok(()));
        let refused = check(&folder, &sqlite).unwrap_err();
        assert!(refused.contains("postgresql://ada@db.example/a,") && !refused.contains("secret"), "{refused}");
        fs::write(folder.path().join(DATABASE), "").unwrap();
        assert_eq!(check(&folder, &sqlite), Ok(()), "the folder has a store of its own");
    }
}
