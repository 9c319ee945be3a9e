//! The door of node:fs: the operations below `fs`, `fs.promises` and their synchronous twins.
//!
//! Every operation takes a number `id`. 0 asks for the answer at once: what is in memory is answered on the spot, and only a
//! miss blocks, outside the JavaScript engine. Any other number answers at once when it can, and otherwise settles that
//! promise. Refusals are numbers too (see [`answer`]): the JavaScript side makes Node's errors of them, because it knows the
//! call and the path as the caller wrote it.

mod answer;
mod door;
mod files;
mod paths;
mod scratch;
mod watch;
