//! The journal file: one record a line, each after its checksum.
//!
//! A line is the CRC-32 of the JSON in eight hexadecimal digits, a space, the JSON. A crash can tear
//! only the last line; it is dropped. Anything else that does not match is damage, and is refused.

use super::file;
use crate::{Error, Numbered, Result};
use std::{
    fs::{File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

pub(super) struct Read {
    pub(super) records: Vec<Numbered>,
    /// Bytes of whole records.
    pub(super) intact: u64,
}

fn path_in(folder: &Path) -> PathBuf {
    folder.join("journal.jsonl")
}

pub(super) fn read(folder: &Path) -> Result<Read> {
    let path = path_in(folder);
    let mut found = Read { records: Vec::new(), intact: 0 };
    let Some(bytes) = file::read(&path)? else { return Ok(found) };
    let mut lines = bytes.split_inclusive(|b| *b == b'\n').enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        match parse(line) {
            Ok(record) => {
                found.intact += line.len() as u64;
                found.records.push(record);
            }
            Err(_) if lines.peek().is_none() => break,
            Err(why) => return Err(Error::Damaged { path, line: index + 1, why }),
        }
    }
    Ok(found)
}

fn parse(line: &[u8]) -> std::result::Result<Numbered, &'static str> {
    let body = line.strip_suffix(b"\n").ok_or("the line does not end")?;
    let (sum, json) = body.split_at_checked(8).ok_or("the line is too short")?;
    let json = json.strip_prefix(b" ").ok_or("the checksum is not followed by a record")?;
    let sum = std::str::from_utf8(sum).ok().and_then(|s| u32::from_str_radix(s, 16).ok());
    if sum != Some(crc32fast::hash(json)) {
        return Err("the checksum does not match");
    }
    serde_json::from_slice(json).map_err(|_| "the record has an unknown form")
}

/// The journal, open for appending.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    /// Where the next record goes. Also how far a failed append is taken back.
    end: u64,
}

impl Journal {
    /// Opens the journal and cuts off what follows its whole records.
    pub(super) fn open(folder: &Path, intact: u64) -> Result<Self> {
        let path = path_in(folder);
        let file = file::private(OpenOptions::new().create(true).truncate(false).write(true))
            .open(&path)
            .map_err(Error::io("open", &path))?;
        file.set_len(intact).map_err(Error::io("truncate", &path))?;
        file::sync_folder_of(&path)?;
        Ok(Self { file, path, end: intact })
    }

    /// Appends records with one sync for all. They count only when this returns.
    pub(super) fn append(&mut self, records: &[Numbered]) -> Result<()> {
        let mut text = Vec::new();
        for record in records {
            let json = serde_json::to_vec(record).expect("BUG: a record is JSON");
            write!(text, "{:08x} ", crc32fast::hash(&json)).expect("BUG: memory takes writes");
            text.extend_from_slice(&json);
            text.push(b'\n');
        }
        self.file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.set_len(self.end))
            .and_then(|()| self.file.write_all(&text))
            .and_then(|()| self.file.sync_data())
            .map_err(Error::io("write", &self.path))?;
        self.end += text.len() as u64;
        Ok(())
    }

    pub(super) fn clear(&mut self) -> Result<()> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.sync_all())
            .map_err(Error::io("empty", &self.path))?;
        self.end = 0;
        Ok(())
    }
}
