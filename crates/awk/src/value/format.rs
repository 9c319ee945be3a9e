//! `printf` formats (POSIX XCU awk, "Formatted Output"; gawk manual, 5.5).

use std::io::Write;

use super::Value;
use super::number;
use super::text;

/// Widths and precisions beyond this are refused: nothing useful is that wide, and memory is not free.
const MAX_WIDTH: usize = 1 << 26;

/// Digits after which every further digit of a double is zero.
const MAX_DIGITS: usize = 1100;

/// Why a format could not be applied.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// More conversions than arguments; carries the byte offset just past the conversion that found none.
    #[error("not enough arguments to satisfy format string")]
    NotEnough(usize),
    /// A field width or precision that would not fit into memory.
    #[error("printf: width or precision is too large")]
    TooWide,
    /// `%2$s` mixed with plain conversions, or an index of zero.
    #[error("must use `count$' on all formats or none")]
    MixedPositions,
}

/// What surrounds a format: how numbers become strings, and whether characters are UTF-8.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// `CONVFMT`, for numbers printed with `%s`.
    pub convfmt: &'a [u8],
    /// Widths count characters and `%c` encodes code points.
    pub utf8: bool,
}

#[derive(Clone, Copy, Default)]
struct Spec {
    minus: bool,
    plus: bool,
    space: bool,
    alt: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

/// Formats one number with a conversion format such as `CONVFMT` or `OFMT`; a format without a conversion is printed as it is.
pub fn append_with(out: &mut Vec<u8>, value: f64, format: &[u8]) {
    let start = out.len();
    let context = Context {
        convfmt: b"%.6g",
        utf8: true,
    };
    if append_printf(out, format, &[Value::Num(value)], context).is_err() {
        out.truncate(start);
        append_general(out, value, 6, false, false);
    }
}

/// Appends `format` with `args` filled in.
///
/// # Errors
/// See [`FormatError`]; `out` may then hold a part of the result.
pub fn append_printf(
    out: &mut Vec<u8>,
    format: &[u8],
    args: &[Value],
    context: Context<'_>,
) -> Result<(), FormatError> {
    let mut at = 0;
    let mut next = 0;
    while at < format.len() {
        let Some(found) = memchr::memchr(b'%', &format[at..]) else {
            out.extend_from_slice(&format[at..]);
            break;
        };
        out.extend_from_slice(&format[at..at + found]);
        let from = at + found;
        at = conversion(out, format, from, args, &mut next, context)?;
    }
    Ok(())
}

/// Handles the conversion that starts with the `%` at `from`; returns the offset behind it.
fn conversion(
    out: &mut Vec<u8>,
    format: &[u8],
    from: usize,
    args: &[Value],
    next: &mut usize,
    context: Context<'_>,
) -> Result<usize, FormatError> {
    let mut at = from + 1;
    let mut spec = Spec::default();
    let mut position = None;
    if let Some((index, used)) = position_at(format, at) {
        position = Some(index.checked_sub(1).ok_or(FormatError::MixedPositions)?);
        at += used;
    }
    loop {
        match format.get(at) {
            Some(b'-') => spec.minus = true,
            Some(b'+') => spec.plus = true,
            Some(b' ') => spec.space = true,
            Some(b'#') => spec.alt = true,
            Some(b'0') => spec.zero = true,
            Some(b'\'') => {}
            _ => break,
        }
        at += 1;
    }
    if format.get(at) == Some(&b'*') {
        let (value, end) = star(format, at + 1, args, next)?;
        at = end;
        if value < 0.0 {
            spec.minus = true;
        }
        spec.width = bounded(value.abs())?;
    } else {
        spec.width = digits(format, &mut at)?.unwrap_or(0);
    }
    if format.get(at) == Some(&b'.') {
        at += 1;
        if format.get(at) == Some(&b'*') {
            let (value, end) = star(format, at + 1, args, next)?;
            at = end;
            spec.precision = if value < 0.0 { None } else { Some(bounded(value)?) };
        } else {
            spec.precision = Some(digits(format, &mut at)?.unwrap_or(0));
        }
    }
    if let Some(b'h' | b'l' | b'L') = format.get(at) {
        at += 1;
    }
    let Some(letter) = format.get(at).copied() else {
        out.extend_from_slice(&format[from..]);
        return Ok(format.len());
    };
    at += 1;
    if letter == b'%' {
        out.push(b'%');
        return Ok(at);
    }
    if !b"diouxXeEfFgGaAcs".contains(&letter) {
        out.extend_from_slice(&format[from..at]);
        return Ok(at);
    }
    let index = position.unwrap_or(*next);
    let Some(value) = args.get(index) else {
        return Err(FormatError::NotEnough(at));
    };
    if position.is_none() {
        *next += 1;
    }
    match letter {
        b's' => string(out, value, spec, context),
        b'c' => character(out, value, spec, context),
        b'd' | b'i' => integer(out, value.to_num(), spec),
        b'o' | b'u' | b'x' | b'X' => unsigned(out, value.to_num(), letter, spec),
        _ => float(out, value.to_num(), letter, spec),
    }
    Ok(at)
}

fn position_at(format: &[u8], at: usize) -> Option<(usize, usize)> {
    let length = format[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 || length > 9 || format.get(at + length) != Some(&b'$') {
        return None;
    }
    let index = format[at..at + length]
        .iter()
        .fold(0, |sum, byte| sum * 10 + usize::from(byte - b'0'));
    Some((index, length + 1))
}

fn star(format: &[u8], at: usize, args: &[Value], next: &mut usize) -> Result<(f64, usize), FormatError> {
    if let Some((index, used)) = position_at(format, at) {
        let index = index.checked_sub(1).ok_or(FormatError::MixedPositions)?;
        let value = args.get(index).ok_or(FormatError::NotEnough(at + used))?;
        return Ok((value.to_num().trunc(), at + used));
    }
    let value = args.get(*next).ok_or(FormatError::NotEnough(at))?;
    *next += 1;
    Ok((value.to_num().trunc(), at))
}

fn bounded(value: f64) -> Result<usize, FormatError> {
    if value > MAX_WIDTH as f64 {
        Err(FormatError::TooWide)
    } else {
        Ok(value as usize)
    }
}

fn digits(format: &[u8], at: &mut usize) -> Result<Option<usize>, FormatError> {
    let mut value = None;
    while let Some(byte @ b'0'..=b'9') = format.get(*at) {
        let sum = value.unwrap_or(0) * 10 + usize::from(byte - b'0');
        if sum > MAX_WIDTH {
            return Err(FormatError::TooWide);
        }
        value = Some(sum);
        *at += 1;
    }
    Ok(value)
}

fn fill(out: &mut Vec<u8>, count: usize, byte: u8) {
    out.resize(out.len() + count, byte);
}

/// Pads what was appended since `start` to the width of `spec`, counting `shown` columns.
fn pad(out: &mut Vec<u8>, start: usize, shown: usize, spec: Spec) {
    if let Some(missing) = spec.width.checked_sub(shown).filter(|missing| *missing > 0) {
        let end = out.len();
        fill(out, missing, b' ');
        if !spec.minus {
            out.copy_within(start..end, start + missing);
            out[start..start + missing].fill(b' ');
        }
    }
}

fn string(out: &mut Vec<u8>, value: &Value, spec: Spec, context: Context<'_>) {
    let start = out.len();
    value.append_to(out, context.convfmt);
    if spec.width == 0 && spec.precision.is_none() {
        return;
    }
    let ascii = !context.utf8 || out[start..].is_ascii();
    if let Some(precision) = spec.precision {
        let keep = if ascii {
            precision.min(out.len() - start)
        } else {
            text::offset_of(&out[start..], precision)
        };
        out.truncate(start + keep);
    }
    let shown = if ascii {
        out.len() - start
    } else {
        text::char_count(&out[start..])
    };
    pad(out, start, shown, spec);
}

fn character(out: &mut Vec<u8>, value: &Value, spec: Spec, context: Context<'_>) {
    let start = out.len();
    match value {
        Value::Num(number) | Value::StrNum(_, number) => {
            let code = *number as i64;
            match u32::try_from(code)
                .ok()
                .and_then(char::from_u32)
                .filter(|_| context.utf8 && code >= 128)
            {
                Some(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                None if context.utf8 && (0x11_0000..0x20_0000).contains(&code) => {
                    out.extend_from_slice(&[
                        0xf0 | (code >> 18) as u8,
                        0x80 | (code >> 12 & 63) as u8,
                        0x80 | (code >> 6 & 63) as u8,
                        0x80 | (code & 63) as u8,
                    ]);
                }
                None => out.push(code as u8),
            }
        }
        Value::Uninit => out.push(0),
        Value::Str(text) | Value::Regex(text) => {
            let bytes = text.bytes();
            if bytes.is_empty() {
                // gawk prints the terminating NUL of an empty string.
                out.push(0);
            } else {
                let length = if context.utf8 { text::char_len(bytes) } else { 1 };
                out.extend_from_slice(&bytes[..length]);
            }
        }
    }
    pad(out, start, 1, spec);
}

fn integer(out: &mut Vec<u8>, value: f64, spec: Spec) {
    if !value.is_finite() {
        out.extend_from_slice(number::special_name(value));
        return;
    }
    let whole = value.trunc();
    if spec.width == 0 && spec.precision.is_none() && !spec.plus && !spec.space && whole.abs() < 9e18 {
        number::append_integer(out, whole as i64);
        return;
    }
    let mut digits = Vec::new();
    if whole.abs() < 9e18 {
        number::append_integer(&mut digits, (whole as i64).abs());
    } else {
        digits.extend_from_slice(format!("{:.0}", whole.abs()).as_bytes());
    }
    let sign: &[u8] = if whole < 0.0 {
        b"-"
    } else if spec.plus {
        b"+"
    } else if spec.space {
        b" "
    } else {
        b""
    };
    whole_number(out, sign, digits, spec);
}

fn unsigned(out: &mut Vec<u8>, value: f64, letter: u8, spec: Spec) {
    if !value.is_finite() {
        out.extend_from_slice(number::special_name(value));
        return;
    }
    let whole = value.trunc();
    let bits = if (-9_223_372_036_854_775_808.0..0.0).contains(&whole) {
        whole as i64 as u64
    } else if (0.0..1.844_674_407_370_955_2e19).contains(&whole) {
        whole as u64
    } else {
        return float(out, value, b'g', spec);
    };
    let mut digits = Vec::new();
    // Writing into a vector cannot fail.
    let _ = match letter {
        b'o' => write!(digits, "{bits:o}"),
        b'x' => write!(digits, "{bits:x}"),
        b'X' => write!(digits, "{bits:X}"),
        _ => write!(digits, "{bits}"),
    };
    let prefix: &[u8] = match letter {
        b'o' if spec.alt && bits != 0 => b"0",
        b'x' if spec.alt && bits != 0 => b"0x",
        b'X' if spec.alt && bits != 0 => b"0X",
        _ => b"",
    };
    whole_number(out, prefix, digits, spec);
}

fn whole_number(out: &mut Vec<u8>, prefix: &[u8], mut digits: Vec<u8>, spec: Spec) {
    if spec.precision == Some(0) && digits == b"0" {
        digits.clear();
    }
    let mut zeros = spec.precision.unwrap_or(0).saturating_sub(digits.len());
    let shown = prefix.len() + zeros + digits.len();
    if spec.zero && !spec.minus && spec.precision.is_none() {
        zeros += spec.width.saturating_sub(shown);
    }
    let start = out.len();
    out.extend_from_slice(prefix);
    fill(out, zeros, b'0');
    out.extend_from_slice(&digits);
    let shown = out.len() - start;
    pad(out, start, shown, spec);
}

fn float(out: &mut Vec<u8>, value: f64, letter: u8, spec: Spec) {
    if !value.is_finite() {
        out.extend_from_slice(number::special_name(value));
        return;
    }
    let start = out.len();
    if value.is_sign_negative() {
        out.push(b'-');
    } else if spec.plus {
        out.push(b'+');
    } else if spec.space {
        out.push(b' ');
    }
    let body = out.len();
    let magnitude = value.abs();
    let upper = letter.is_ascii_uppercase();
    let precision = spec.precision.unwrap_or(6);
    match letter | 0x20 {
        b'f' => {
            let _ = write!(out, "{:.*}", precision.min(MAX_DIGITS), magnitude);
            fill(out, precision.saturating_sub(MAX_DIGITS), b'0');
            if spec.alt && precision == 0 {
                out.push(b'.');
            }
        }
        b'e' => {
            let (digits, exponent) = scientific(magnitude, precision);
            append_scientific(out, &digits, exponent, precision, spec.alt, upper);
        }
        b'a' => append_hex(out, magnitude, spec.precision, spec.alt, upper),
        _ => append_general(out, magnitude, precision, spec.alt, upper),
    }
    if spec.zero && !spec.minus {
        let missing = spec.width.saturating_sub(out.len() - start);
        let end = out.len();
        fill(out, missing, b'0');
        let from = if letter | 0x20 == b'a' { body + 2 } else { body };
        out.copy_within(from..end, from + missing);
        out[from..from + missing].fill(b'0');
    }
    let shown = out.len() - start;
    pad(out, start, shown, spec);
}

/// `precision + 1` significant digits of `value` (not negative, finite) and its decimal exponent.
fn scientific(value: f64, precision: usize) -> (Vec<u8>, i32) {
    let text = format!("{:.*e}", precision.min(MAX_DIGITS), value);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    (digits, exponent.parse().unwrap_or(0))
}

fn append_scientific(out: &mut Vec<u8>, digits: &[u8], exponent: i32, precision: usize, alt: bool, upper: bool) {
    out.extend_from_slice(&digits[..1]);
    if precision > 0 || alt {
        out.push(b'.');
    }
    out.extend_from_slice(&digits[1..]);
    fill(out, (precision + 1).saturating_sub(digits.len()), b'0');
    out.push(if upper { b'E' } else { b'e' });
    out.push(if exponent < 0 { b'-' } else { b'+' });
    let _ = write!(out, "{:02}", exponent.unsigned_abs());
}

/// Appends `value` as `%.{precision}g` does.
pub fn append_general(out: &mut Vec<u8>, value: f64, precision: usize, alt: bool, upper: bool) {
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let wanted = precision.max(1);
    let (mut digits, exponent) = scientific(value.abs(), wanted - 1);
    if !alt {
        while digits.len() > 1 && digits.last() == Some(&b'0') {
            digits.pop();
        }
    } else {
        digits.resize(wanted, b'0');
    }
    if exponent < -4 || exponent >= i32::try_from(wanted).unwrap_or(i32::MAX) {
        let precision = digits.len() - 1;
        append_scientific(out, &digits, exponent, precision, alt, upper);
    } else if exponent < 0 {
        out.extend_from_slice(b"0.");
        fill(out, (-exponent - 1) as usize, b'0');
        out.extend_from_slice(&digits);
    } else {
        let whole = exponent as usize + 1;
        if digits.len() <= whole {
            out.extend_from_slice(&digits);
            fill(out, whole - digits.len(), b'0');
            if alt {
                out.push(b'.');
            }
        } else {
            out.extend_from_slice(&digits[..whole]);
            out.push(b'.');
            out.extend_from_slice(&digits[whole..]);
        }
    }
}

/// `%a`: the exact bits in hexadecimal, as C99 prints them.
fn append_hex(out: &mut Vec<u8>, value: f64, precision: Option<usize>, alt: bool, upper: bool) {
    let bits = value.to_bits();
    let mut exponent = (bits >> 52 & 0x7ff) as i64;
    let mut fraction = bits & ((1 << 52) - 1);
    let mut lead = 1u64;
    if exponent == 0 {
        lead = 0;
        exponent = if fraction == 0 { 1023 } else { 1 };
    }
    let mut places = 13;
    if let Some(wanted) = precision
        && wanted < 13
    {
        let shift = (13 - wanted) * 4;
        let whole = (u128::from(lead) << 52) | u128::from(fraction);
        let half = 1u128 << (shift - 1);
        let mut rounded = whole >> shift;
        let rest = whole & ((1u128 << shift) - 1);
        if rest > half || (rest == half && rounded & 1 == 1) {
            rounded += 1;
        }
        lead = (rounded >> (wanted * 4)) as u64;
        fraction = (rounded & ((1u128 << (wanted * 4)) - 1)) as u64;
        places = wanted;
    }
    let mut text = if places == 0 {
        String::new()
    } else {
        format!("{fraction:0places$x}")
    };
    match precision {
        None => text.truncate(text.trim_end_matches('0').len()),
        Some(wanted) => text.extend(std::iter::repeat_n('0', wanted.saturating_sub(13))),
    }
    let dot = if text.is_empty() && !alt { "" } else { "." };
    let shown = format!("0x{lead}{dot}{text}p{:+}", exponent - 1023);
    out.extend_from_slice(if upper { shown.to_uppercase() } else { shown }.as_bytes());
}

#[cfg(test)]
mod tests;
