//! Whether a wanted port is free, and who has it if not.

use crate::{Error, Result, http};
use std::{
    io::ErrorKind,
    net::{Ipv4Addr, TcpListener},
};

/// Fails with the name of whoever listens on this port. Port 0 is always free.
pub(crate) async fn check(port: u16) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == ErrorKind::AddrInUse => {
            Err(Error::PortInUse { port, by: listener(port).await })
        }
        Err(source) => Err(Error::Port { port, source }),
    }
}

async fn listener(port: u16) -> String {
    let answer = http::get_json(port, crate::root::STATUS_PATH).await;
    let sandbox = answer.as_ref().and_then(|a| a.get("id")).and_then(|id| id.as_str());
    match sandbox {
        Some(id) => format!("sandbox `{id}`"),
        None => process(port).unwrap_or_else(|| "another process".into()),
    }
}

/// The program that listens, from the tables in `/proc`; none on other systems, and none for another
/// user's process.
fn process(port: u16) -> Option<String> {
    let socket =
        format!("socket:[{}]", inode(&std::fs::read_to_string("/proc/net/tcp").ok()?, port)?);
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let owner = processes.map(|entry| entry.path()).find(|process| {
        let files = std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        files.map(|file| file.path()).any(|file| {
            std::fs::read_link(file).is_ok_and(|target| target.as_os_str() == socket.as_str())
        })
    })?;
    let arguments = std::fs::read_to_string(owner.join("cmdline")).ok()?;
    let command = arguments.trim_end_matches('\0').replace('\0', " ");
    let pid = owner.file_name()?.to_string_lossy().into_owned();
    Some(format!("`{}` (process {pid})", shortened(&command)))
}

/// The socket that listens on this port, in the form of `/proc/net/tcp`.
fn inode(table: &str, port: u16) -> Option<&str> {
    const LISTEN: &str = "0A";
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace();
        let local = fields.nth(1)?.rsplit_once(':')?.1;
        let state = fields.nth(1)?;
        (state == LISTEN && u16::from_str_radix(local, 16) == Ok(port)).then(|| fields.nth(5))?
    })
}

fn shortened(command: &str) -> String {
    const WIDTH: usize = 80;
    if command.chars().count() <= WIDTH {
        return command.to_owned();
    }
    command.chars().take(WIDTH - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_free_port_passes_and_a_taken_one_names_its_owner() {
        check(0).await.unwrap();
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        // The question who listens is asked of the listener first; this one hangs up.
        let hang_up = std::thread::spawn(move || drop(taken.accept()));
        let error = check(port).await.unwrap_err();
        hang_up.join().unwrap();
        assert!(error.to_string().starts_with(&format!("port {port} is in use by ")), "{error}");
    }

    #[test]
    fn a_listening_socket_is_found_in_the_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 0100007F:11D6 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 11 1 0 20 4 30 10 -1\n   1: 0100007F:11D6 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3456 1 0 100 0 0 10 0\n";
        assert_eq!(inode(table, 4566), Some("3456"));
        assert_eq!(inode(table, 4567), None);
    }
}
