//! The seam between the dialects. A statement is one text for both databases; in it
//! - `$1`, `$2` … are parameters by number;
//! - `{rows: bucket bigint, name text}` is a table made of the rows given: on PostgreSQL all at once, from arrays; on
//!   SQLite the statement runs once for each row. So a batch statement must treat each row for itself: no aggregate, no
//!   LIMIT over all of them. Its columns are the first parameters;
//! - in migrations `{text}`, `{bytes}` and `{tree}` are the types and the table form of the database.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// A statement as one database wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub sql: String,
    /// The types of the columns of `{rows: …}`, as written.
    pub columns: Vec<String>,
}

impl Dialect {
    pub fn statement(self, text: &str) -> Statement {
        let Some((before, rest)) = text.split_once("{rows:") else {
            return Statement { sql: self.numbered(text), columns: Vec::new() };
        };
        let (list, after) = rest.split_once('}').unwrap_or((rest, ""));
        let columns: Vec<(&str, &str)> =
            list.split(',').filter_map(|column| column.trim().split_once(' ')).map(|(n, t)| (n, t.trim())).collect();
        let rows = match self {
            Dialect::Sqlite => sqlite_row(&columns),
            Dialect::Postgres => postgres_rows(&columns),
        };
        let sql = self.numbered(&format!("{before}{rows}{after}"));
        Statement { sql, columns: columns.iter().map(|(_, of)| (*of).to_owned()).collect() }
    }

    /// SQLite numbers `$1` by its first appearance; `?1` says what is meant.
    fn numbered(self, sql: &str) -> String {
        match self {
            Dialect::Sqlite => sql.replace('$', "?"),
            Dialect::Postgres => sql.to_owned(),
        }
    }

    pub fn migration(self, text: &str) -> String {
        let (sorts, bytes, tree) = match self {
            Dialect::Sqlite => ("TEXT", "BLOB", "WITHOUT ROWID"),
            Dialect::Postgres => ("TEXT COLLATE \"C\"", "BYTEA", ""),
        };
        text.replace("{text}", sorts).replace("{bytes}", bytes).replace("{tree}", tree)
    }
}

fn sqlite_row(columns: &[(&str, &str)]) -> String {
    let fields: Vec<String> = (1..).zip(columns).map(|(number, (name, _))| format!("${number} AS {name}")).collect();
    format!("(SELECT {}) AS r", fields.join(", "))
}

fn postgres_rows(columns: &[(&str, &str)]) -> String {
    let arrays: Vec<String> =
        (1..).zip(columns).map(|(number, (_, of))| format!("${number}::{}[]", postgres_type(of))).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    format!("unnest({}) AS r({})", arrays.join(", "), names.join(", "))
}

fn postgres_type(name: &str) -> &str {
    if name == "bytes" { "bytea" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "INSERT INTO t SELECT r.a, $3 FROM {rows: a bigint, b bytes} WHERE true";

    #[test]
    fn a_batch_is_arrays_on_postgresql() {
        let statement = Dialect::Postgres.statement(TEXT);
        assert_eq!(
            statement.sql,
            "INSERT INTO t SELECT r.a, $3 FROM unnest($1::bigint[], $2::bytea[]) AS r(a, b) WHERE true"
        );
        assert_eq!(statement.columns, ["bigint", "bytes"]);
    }

    #[test]
    fn a_batch_is_one_row_after_the_other_on_sqlite() {
        let statement = Dialect::Sqlite.statement(TEXT);
        assert_eq!(statement.sql, "INSERT INTO t SELECT r.a, ?3 FROM (SELECT ?1 AS a, ?2 AS b) AS r WHERE true");
    }
}
