//! Rows on their way into PostgreSQL: `COPY … (FORMAT binary)` ("File Formats" in its manual's page on COPY).

use anyhow::Result;
use sqlx::PgConnection;

/// Rows of one table.
pub(super) struct Rows {
    statement: &'static str,
    columns: i16,
    bytes: Vec<u8>,
}

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

impl Rows {
    /// `statement` is the COPY of so many columns.
    pub(super) fn of(statement: &'static str, columns: i16) -> Self {
        let mut bytes = SIGNATURE.to_vec();
        // No flags, no extension.
        bytes.extend_from_slice(&[0; 8]);
        Self {
            statement,
            columns,
            bytes,
        }
    }

    /// Begins a row; its columns follow.
    pub(super) fn row(&mut self) -> &mut Self {
        self.bytes.extend_from_slice(&self.columns.to_be_bytes());
        self
    }

    /// A column of type BYTEA or TEXT.
    pub(super) fn bytes(&mut self, value: impl AsRef<[u8]>) -> &mut Self {
        let value = value.as_ref();
        // Cells are small.
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
        self
    }

    /// A column of type BIGINT.
    pub(super) fn number(&mut self, value: u64) -> &mut Self {
        self.bytes(value.to_be_bytes())
    }

    /// Sends all of them.
    pub(super) async fn send(mut self, connection: &mut PgConnection) -> Result<u64> {
        self.bytes.extend_from_slice(&(-1_i16).to_be_bytes());
        let mut copy = connection.copy_in_raw(self.statement).await?;
        copy.send(self.bytes).await?;
        Ok(copy.finish().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_as_the_manual_has_it() {
        let mut rows = Rows::of("COPY t (a, b) FROM STDIN (FORMAT binary)", 2);
        rows.row().bytes("ab").number(258);
        let (head, row) = rows.bytes.split_at(19);
        assert_eq!(head, b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
        assert_eq!(row, b"\0\x02\0\0\0\x02ab\0\0\0\x08\0\0\0\0\0\0\x01\x02");
    }
}
