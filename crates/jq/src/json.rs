//! Reading and writing JSON text.

mod lexer;
mod parse;
mod print;
mod reader;
mod stream;
mod text;

pub use parse::{ParseError, parse_all, parse_one};
pub use print::{Colors, Indent, PrintOptions, print, print_compact, write_string};
pub use reader::{Next, Reader};
pub use stream::{Event, Events};

pub(crate) use text::unescape;
