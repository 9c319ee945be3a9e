//! The list of all commands.

use std::sync::Arc;

use shell::command::Command;

// Every family is a module of the crate; a glob keeps this file to one line per command.
use crate::*;
use crate::{checksum, encoding, search, text};

/// All commands of this crate, one line each.
pub fn all() -> Vec<Arc<dyn Command>> {
    vec![
        Arc::new(checksum::cksum::COMMAND),
        Arc::new(checksum::sum::COMMAND),
        Arc::new(checksum::sums::B2SUM),
        Arc::new(checksum::sums::MD5),
        Arc::new(checksum::sums::MD5SUM),
        Arc::new(checksum::sums::SHA1SUM),
        Arc::new(checksum::sums::SHA224SUM),
        Arc::new(checksum::sums::SHA256SUM),
        Arc::new(checksum::sums::SHA384SUM),
        Arc::new(checksum::sums::SHA512SUM),
        Arc::new(files::chmod::COMMAND),
        Arc::new(files::cp::COMMAND),
        Arc::new(files::ln::COMMAND),
        Arc::new(files::mkdir::COMMAND),
        Arc::new(files::mktemp::COMMAND),
        Arc::new(files::mv::COMMAND),
        Arc::new(files::readlink::COMMAND),
        Arc::new(files::realpath::COMMAND),
        Arc::new(files::rm::COMMAND),
        Arc::new(files::rmdir::COMMAND),
        Arc::new(files::touch::COMMAND),
        Arc::new(files::truncate::COMMAND),
        Arc::new(encoding::base::BASE32),
        Arc::new(encoding::base::BASE64),
        Arc::new(encoding::base::BASENC),
        Arc::new(encoding::hexdump::COMMAND),
        Arc::new(encoding::hexdump::HD),
        Arc::new(encoding::od::COMMAND),
        Arc::new(encoding::xxd::COMMAND),
        Arc::new(data::jq::COMMAND),
        Arc::new(search::grep::COMMAND),
        Arc::new(search::grep::EGREP),
        Arc::new(search::grep::FGREP),
        Arc::new(shellutils::basename::COMMAND),
        Arc::new(shellutils::date::COMMAND),
        Arc::new(shellutils::dirname::COMMAND),
        Arc::new(shellutils::echo::COMMAND),
        Arc::new(shellutils::env::COMMAND),
        Arc::new(shellutils::expr::COMMAND),
        Arc::new(shellutils::falsehood::COMMAND),
        Arc::new(shellutils::printenv::COMMAND),
        Arc::new(shellutils::seq::COMMAND),
        Arc::new(shellutils::sleep::COMMAND),
        Arc::new(shellutils::tee::COMMAND),
        Arc::new(shellutils::timeout::COMMAND),
        Arc::new(shellutils::truth::COMMAND),
        Arc::new(shellutils::which::COMMAND),
        Arc::new(shellutils::yes::COMMAND),
        Arc::new(search::rg::COMMAND),
        Arc::new(search::zgrep::COMMAND),
        Arc::new(text::cat::COMMAND),
        Arc::new(text::cut::COMMAND),
        Arc::new(text::head::COMMAND),
        Arc::new(text::nl::COMMAND),
        Arc::new(text::paste::COMMAND),
        Arc::new(text::sort::COMMAND),
        Arc::new(text::tac::COMMAND),
        Arc::new(text::tail::COMMAND),
        Arc::new(text::tr::COMMAND),
        Arc::new(text::uniq::COMMAND),
        Arc::new(text::wc::COMMAND),
    ]
}
