//! Random bytes of the operating system.

use crate::error::{Error, Kind};

pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::new(Kind::Other, format!("the system gives no random bytes: {error}")))?;
    Ok(bytes)
}
