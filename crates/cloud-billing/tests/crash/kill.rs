//! A command that is killed: at a moment of its life, or right after something of it shows on the disk.

use std::{
    fs,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::{books, common::Place};

/// When a command is killed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// So long after its start.
    After(Duration),
    /// So long after its first change of the ledger shows, which may be in the middle of the commit.
    AfterCommit(Duration),
    /// So long after it made a new folder for line items.
    AfterFolder(Duration),
    /// So long after it wrote a new export.
    AfterExport(Duration),
}

/// Starts a command and kills it as `kill -9` does; whether it was still running.
pub fn kill(place: &Place, line: &str, moment: Moment) -> bool {
    let (exports, folders) = (books::exports(place).len(), folders(place.root()));
    let mut child = books::command(place, line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    let mut until = |shows: &dyn Fn() -> bool| {
        while !shows() && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_micros(20));
        }
    };
    let pause = match moment {
        Moment::After(pause) => pause.saturating_sub(start.elapsed()),
        Moment::AfterCommit(pause) => {
            let log = place.path("cloud-billing.db-wal");
            until(&|| fs::metadata(&log).is_ok_and(|log| log.len() > 0));
            pause
        }
        Moment::AfterFolder(pause) => {
            until(&|| self::folders(place.root()) > folders);
            pause
        }
        Moment::AfterExport(pause) => {
            until(&|| books::exports(place).len() > exports);
            pause
        }
    };
    thread::sleep(pause);
    // It may have ended by itself.
    let _ = child.kill();
    child.wait().unwrap().code().is_none()
}

fn folders(root: &Path) -> usize {
    fs::read_dir(root.join("cloud-billing.detail")).map_or(0, Iterator::count)
}
