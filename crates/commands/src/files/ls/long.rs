//! The long format.

use shell::command::{CommandError, Context};
use vfs::{FileKind, Time};

use super::Ls;
use super::entry::{Entry, indicator};
use super::options::TimeStyle;
use crate::files::facts::{self, Names};
use crate::time::{Moment, Zone};

/// Half a Gregorian year: older times are shown with the year.
const RECENT: i64 = 31_556_952 / 2;

impl Ls {
    /// Makes columns as wide as these entries need, whatever is shown in them next.
    pub(super) fn reserve(&mut self, cx: &Context<'_>, entries: &[Entry]) {
        let widths = widths(&self.rows(cx, entries));
        self.reserved = widths;
    }

    pub(super) fn show_long(&mut self, cx: &mut Context<'_>, entries: &[Entry]) -> Result<(), CommandError> {
        let rows = self.rows(cx, entries);
        let reserved = std::mem::take(&mut self.reserved);
        let mut widths = widths(&rows);
        for (w, r) in widths.iter_mut().zip(reserved) {
            *w = r.max(*w);
        }
        self.print_rows(cx, entries, &rows, &widths)
    }

    fn rows(&self, cx: &Context<'_>, entries: &[Entry]) -> Vec<[String; 6]> {
        let zone = Zone::of(cx);
        let now = Time::now();
        let names = if self.options.numeric {
            None
        } else {
            Some(Names::load(cx))
        };
        let o = &self.options;
        entries
            .iter()
            .map(|e| {
                let Some(s) = &e.stat else {
                    return ["?", "?", "?", "?", "?", "?"].map(String::from);
                };
                let owner = |id: Option<u32>, name: &dyn Fn(u32) -> Option<String>| {
                    let id = id.unwrap_or(0);
                    name(id).unwrap_or_else(|| id.to_string())
                };
                let user = owner(s.uid, &|id| names.as_ref().and_then(|n| n.user(id)).map(String::from));
                let group = owner(s.gid, &|id| names.as_ref().and_then(|n| n.group(id)).map(String::from));
                let size = match s.kind {
                    FileKind::CharDevice | FileKind::BlockDevice => {
                        format!("{}, {}", s.rdev >> 8, s.rdev & 0xff)
                    }
                    _ => o.size_scale.show(facts::size(s)),
                };
                [
                    facts::letters(s),
                    s.nlink.to_string(),
                    user,
                    group,
                    size,
                    String::from_utf8_lossy(&self.time(e, now, &zone)).into_owned(),
                ]
            })
            .collect()
    }

    fn print_rows(
        &mut self,
        cx: &mut Context<'_>,
        entries: &[Entry],
        rows: &[[String; 6]],
        widths: &[usize; 6],
    ) -> Result<(), CommandError> {
        for (entry, row) in entries.iter().zip(rows) {
            let mut line = Vec::new();
            self.prefix(entry, entries, &mut line);
            let o = &self.options;
            let mut text = format!("{} {:>2$}", row[0], row[1], widths[1]);
            let id = |text: &str, width: usize| {
                if o.numeric {
                    format!(" {text:>width$}")
                } else {
                    format!(" {text:<width$}")
                }
            };
            if o.owner {
                text.push_str(&id(&row[2], widths[2]));
            }
            if o.group {
                text.push_str(&id(&row[3], widths[3]));
            }
            if o.author {
                text.push_str(&id(&row[2], widths[2]));
            }
            text.push_str(&format!(" {:>2$} {:>3$} ", row[4], row[5], widths[4], widths[5]));
            line.extend_from_slice(text.as_bytes());
            self.name(entry, &mut line);
            if let Some((target, stat)) = &entry.link {
                line.extend_from_slice(b" -> ");
                let color = match (&self.options.color, stat) {
                    (Some(colors), Some(s)) => colors.plain(target, s).map(<[u8]>::to_vec),
                    _ => None,
                };
                let shown = self.options.quoted(target);
                self.paint(color.as_deref(), &shown, &mut line);
                if let Some(s) = stat {
                    line.extend(indicator(s, self.options.indicator));
                }
            }
            line.push(self.options.end);
            cx.stdout.buffer().extend_from_slice(&line);
            cx.stdout.spill()?;
        }
        Ok(())
    }

    fn time(&self, entry: &Entry, now: Time, zone: &Zone) -> Vec<u8> {
        let time = entry.time(self.options.time);
        let recent = time <= now && time.seconds > now.seconds - RECENT;
        let format: &[u8] = match (&self.options.time_style, recent) {
            (TimeStyle::FullIso, _) => b"%Y-%m-%d %H:%M:%S.%N %z",
            (TimeStyle::LongIso, _) => b"%Y-%m-%d %H:%M",
            (TimeStyle::Iso, true) => b"%m-%d %H:%M",
            (TimeStyle::Iso, false) => b"%Y-%m-%d ",
            (TimeStyle::Locale, true) => b"%b %e %H:%M",
            (TimeStyle::Locale, false) => b"%b %e  %Y",
            (TimeStyle::Custom(_, new), true) => new,
            (TimeStyle::Custom(old, _), false) => old,
        };
        Moment::new(time, zone).format(format)
    }
}

fn widths(rows: &[[String; 6]]) -> [usize; 6] {
    std::array::from_fn(|column| rows.iter().map(|r| r[column].chars().count()).max().unwrap_or(0))
}
