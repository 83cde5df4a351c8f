//! The statements, the same texts for both programs.

/// SQLite, a batch as one JSON text. `cross join` fixes the order: rows of the text outside, the table inside.
pub mod sqlite_json {
    pub const IDS: &str = "select keys.text, keys.id from json_each(?1) as j cross join keys \
        where keys.kind = 1 and keys.text = j.value";
    pub const INSERT: &str = "insert into events (bucket, key, message_id, at, received, flags, message) \
        select value->>'b', value->>'k', value->>'i', value->>'a', value->>'r', value->>'f', value->>'m' \
        from json_each(?1) where true on conflict do nothing returning key, message_id";
    pub const HEADS: &str = "select leads.bucket, leads.id, leads.at, leads.wake_at, leads.head \
        from json_each(?1) as j cross join leads \
        where leads.bucket = j.value->>'b' and leads.id = j.value->>'i'";
    pub const SAVE: &str = "update leads set at = j.value->>'a', wake_at = j.value->>'w', \
        head = unhex(j.value->>'h') from json_each(?1) as j \
        where leads.bucket = j.value->>'b' and leads.id = j.value->>'i'";
    pub const SLEEP: &str = "insert into wakes (bucket, at, lead) \
        select value->>'b', value->>'t', value->>'l' from json_each(?1) where true on conflict do nothing";
    pub const UNSLEEP: &str = "delete from wakes where (bucket, at, lead) in \
        (select value->>'b', value->>'f', value->>'l' from json_each(?1))";
}

/// A prepared statement per row; both databases could run it.
pub mod rows {
    pub const ID: &str = "select id from keys where kind = 1 and text = ?1";
    pub const INSERT: &str = "insert into events (bucket, key, message_id, at, received, flags, message) \
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict do nothing";
    pub const HEAD: &str = "select at, wake_at, head from leads where bucket = ?1 and id = ?2";
    pub const SAVE: &str = "update leads set at = ?3, wake_at = ?4, head = ?5 where bucket = ?1 and id = ?2";
    pub const SLEEP: &str = "insert into wakes (bucket, at, lead) values (?1, ?2, ?3) on conflict do nothing";
    pub const UNSLEEP: &str = "delete from wakes where bucket = ?1 and at = ?2 and lead = ?3";
}

/// PostgreSQL, a batch as one JSON text.
pub mod postgres_json {
    pub const IDS: &str = "select keys.text, keys.id from jsonb_array_elements_text($1::text::jsonb) as j(text) \
        join keys on keys.kind = 1 and keys.text = j.text";
    pub const INSERT: &str = "insert into events (bucket, key, message_id, at, received, flags, message) \
        select b, k, i, a, r, f, m from jsonb_to_recordset($1::text::jsonb) \
        as j(b bigint, k bigint, i text, a bigint, r bigint, f bigint, m text) \
        on conflict do nothing returning key, message_id";
    pub const HEADS: &str = "select leads.bucket, leads.id, leads.at, leads.wake_at, leads.head \
        from jsonb_to_recordset($1::text::jsonb) as j(b bigint, i bigint) \
        join leads on leads.bucket = j.b and leads.id = j.i";
    pub const SAVE: &str = "update leads set at = j.a, wake_at = j.w, head = decode(j.h, 'hex') \
        from jsonb_to_recordset($1::text::jsonb) as j(b bigint, i bigint, a bigint, w bigint, h text) \
        where leads.bucket = j.b and leads.id = j.i";
    pub const SLEEP: &str = "insert into wakes (bucket, at, lead) \
        select b, t, l from jsonb_to_recordset($1::text::jsonb) as j(b bigint, t bigint, l bigint) \
        on conflict do nothing";
    pub const UNSLEEP: &str = "delete from wakes \
        using jsonb_to_recordset($1::text::jsonb) as j(b bigint, f bigint, l bigint) \
        where wakes.bucket = j.b and wakes.at = j.f and wakes.lead = j.l";
}

/// PostgreSQL, an array a column.
pub mod postgres_arrays {
    pub const IDS: &str = "select keys.text, keys.id from unnest($1::text[]) as j(text) \
        join keys on keys.kind = 1 and keys.text = j.text";
    pub const INSERT: &str = "insert into events (bucket, key, message_id, at, received, flags, message) \
        select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], \
        $7::text[]) on conflict do nothing returning key, message_id";
    pub const HEADS: &str = "select leads.bucket, leads.id, leads.at, leads.wake_at, leads.head \
        from unnest($1::bigint[], $2::bigint[]) as j(b, i) join leads on leads.bucket = j.b and leads.id = j.i";
    pub const SAVE: &str = "update leads set at = j.a, wake_at = j.w, head = j.h \
        from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[]) as j(b, i, a, w, h) \
        where leads.bucket = j.b and leads.id = j.i";
    pub const SLEEP: &str = "insert into wakes (bucket, at, lead) \
        select * from unnest($1::bigint[], $2::bigint[], $3::bigint[]) on conflict do nothing";
    pub const UNSLEEP: &str = "delete from wakes using unnest($1::bigint[], $2::bigint[], $3::bigint[]) \
        as j(b, f, l) where wakes.bucket = j.b and wakes.at = j.f and wakes.lead = j.l";
}

/// One lead, and its events in their order: the same on both, by number as both count.
pub const LEAD: &str = "select name, at, wake_at, head from leads where bucket = $1 and id = $2";
pub const LEAD_EVENTS: &str = "select message_id, at, received, flags, message from events \
    where bucket = $1 and key = $2 order by at, received";
