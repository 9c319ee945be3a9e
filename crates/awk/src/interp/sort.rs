//! `asort`, `asorti`, and the order of `for (key in array)` under `PROCINFO["sorted_in"]`.

use std::cmp::Ordering;

use super::Interp;
use crate::array::{Array, ArrayHandle, Cell};
use crate::error::{Run, fatal};
use crate::parse::ast::Expr;
use crate::parse::special;
use crate::value::{Str, Value};

/// What decides the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    IndexText,
    IndexNumber,
    ValueType,
    ValueText,
    ValueNumber,
    /// A function of the program.
    Function(u32),
}

type Element = (Str, Cell);

impl<'p> Interp<'p, '_> {
    /// Reads the name of an order; `None` for `@unsorted`. The second is whether it descends.
    fn order(&self, name: &[u8]) -> Run<Option<(Order, bool)>> {
        let known = match name {
            b"@unsorted" => return Ok(None),
            b"@ind_str_asc" => (Order::IndexText, false),
            b"@ind_str_desc" => (Order::IndexText, true),
            b"@ind_num_asc" => (Order::IndexNumber, false),
            b"@ind_num_desc" => (Order::IndexNumber, true),
            b"@val_type_asc" => (Order::ValueType, false),
            b"@val_type_desc" => (Order::ValueType, true),
            b"@val_str_asc" => (Order::ValueText, false),
            b"@val_str_desc" => (Order::ValueText, true),
            b"@val_num_asc" => (Order::ValueNumber, false),
            b"@val_num_desc" => (Order::ValueNumber, true),
            _ => match self.function_named(name) {
                Some(function) => (Order::Function(function), false),
                None => {
                    let shown = String::from_utf8_lossy(name).into_owned();
                    return fatal(format!("sort comparison function `{shown}' is not defined"));
                }
            },
        };
        Ok(Some(known))
    }

    /// The subscripts in the order in which `for` visits them.
    pub(super) fn ordered_keys(&mut self, array: &ArrayHandle) -> Run<Vec<Str>> {
        let wanted = match &self.globals[special::PROCINFO as usize] {
            Cell::Array(facts) => match facts.borrow().get(b"sorted_in") {
                Some(Cell::Value(value)) => Some(value.to_str(&self.convfmt)),
                _ => None,
            },
            Cell::Value(_) => None,
        };
        let order = match &wanted {
            Some(name) => self.order(name.bytes())?,
            None => None,
        };
        let keys = array.borrow().keys();
        let Some((order, descending)) = order else {
            return Ok(keys);
        };
        let elements = elements(&array.borrow(), keys);
        let sorted = self.sorted(elements, order, descending)?;
        Ok(sorted.into_iter().map(|(key, _)| key).collect())
    }

    pub(super) fn asort(&mut self, arguments: &'p [Expr], by_index: bool) -> Run<Value> {
        let Some(Expr::ArrayArg(source)) = arguments.first() else {
            return Ok(Value::Num(0.0));
        };
        let source = self.array(source)?;
        let target = match arguments.get(1) {
            Some(Expr::ArrayArg(target)) => self.array(target)?,
            _ => source.clone(),
        };
        let name = match arguments.get(2) {
            Some(argument) => Some(self.text(argument)?),
            None => None,
        };
        let default = if by_index { Order::IndexText } else { Order::ValueType };
        let order = match &name {
            Some(name) => self.order(name.bytes())?,
            None => Some((default, false)),
        };
        let keys = source.borrow().keys();
        let mut elements = elements(&source.borrow(), keys);
        if let Some((order, descending)) = order {
            elements = self.sorted(elements, order, descending)?;
        }
        let count = elements.len();
        let mut target = target.borrow_mut();
        if by_index {
            Self::fill_array(
                &mut target,
                elements.into_iter().map(|(key, _)| Value::from_input(key.bytes())),
            );
        } else {
            target.fill(elements.into_iter().map(|(_, cell)| cell));
        }
        Ok(Value::Num(count as f64))
    }

    fn sorted(&mut self, mut elements: Vec<Element>, order: Order, descending: bool) -> Run<Vec<Element>> {
        if let Order::Function(function) = order {
            return self.merge_sort(elements, function);
        }
        let interp = &*self;
        elements.sort_by(|left, right| {
            let ordering = interp.compare_elements(order, left, right);
            if descending { ordering.reverse() } else { ordering }
        });
        Ok(elements)
    }

    fn compare_elements(&self, order: Order, left: &Element, right: &Element) -> Ordering {
        let by_text = |left: &[u8], right: &[u8]| self.order_texts(left, right);
        match order {
            Order::IndexText => by_text(left.0.bytes(), right.0.bytes()),
            Order::IndexNumber => {
                let number = |key: &Str| crate::value::number::leading(key.bytes());
                number(&left.0)
                    .total_cmp(&number(&right.0))
                    .then_with(|| by_text(left.0.bytes(), right.0.bytes()))
            }
            Order::ValueType => self.compare_cells(&left.1, &right.1, true),
            Order::ValueText => match (&left.1, &right.1) {
                (Cell::Value(a), Cell::Value(b)) => {
                    by_text(a.to_str(&self.convfmt).bytes(), b.to_str(&self.convfmt).bytes())
                }
                (a, b) => self.compare_cells(a, b, false),
            }
            .then_with(|| by_text(left.0.bytes(), right.0.bytes())),
            Order::ValueNumber => match (&left.1, &right.1) {
                (Cell::Value(a), Cell::Value(b)) => a
                    .to_num()
                    .total_cmp(&b.to_num())
                    .then_with(|| by_text(a.to_str(&self.convfmt).bytes(), b.to_str(&self.convfmt).bytes())),
                (a, b) => self.compare_cells(a, b, false),
            }
            .then_with(|| by_text(left.0.bytes(), right.0.bytes())),
            Order::Function(_) => Ordering::Equal,
        }
    }

    /// Numbers before strings before arrays.
    fn compare_cells(&self, left: &Cell, right: &Cell, _typed: bool) -> Ordering {
        let rank = |cell: &Cell| match cell {
            Cell::Value(Value::Num(_) | Value::StrNum(..)) => 1,
            Cell::Value(Value::Uninit) => 0,
            Cell::Value(_) => 2,
            Cell::Array(_) => 3,
        };
        rank(left).cmp(&rank(right)).then_with(|| match (left, right) {
            (Cell::Value(a), Cell::Value(b)) if rank(left) == 1 => a.to_num().total_cmp(&b.to_num()),
            (Cell::Value(a), Cell::Value(b)) => {
                self.order_texts(a.to_str(&self.convfmt).bytes(), b.to_str(&self.convfmt).bytes())
            }
            _ => Ordering::Equal,
        })
    }

    /// A merge sort: a comparison function of the program may fail, and need not be consistent.
    fn merge_sort(&mut self, elements: Vec<Element>, function: u32) -> Run<Vec<Element>> {
        let mut runs: Vec<Vec<Element>> = elements.into_iter().map(|element| vec![element]).collect();
        while runs.len() > 1 {
            let mut merged = Vec::with_capacity(runs.len().div_ceil(2));
            let mut pairs = runs.into_iter();
            while let Some(left) = pairs.next() {
                match pairs.next() {
                    Some(right) => merged.push(self.merge(left, right, function)?),
                    None => merged.push(left),
                }
            }
            runs = merged;
        }
        Ok(runs.pop().unwrap_or_default())
    }

    fn merge(&mut self, left: Vec<Element>, right: Vec<Element>, function: u32) -> Run<Vec<Element>> {
        let mut out = Vec::with_capacity(left.len() + right.len());
        let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let values = vec![
                Cell::Value(Value::Str(a.0.clone())),
                a.1.clone(),
                Cell::Value(Value::Str(b.0.clone())),
                b.1.clone(),
            ];
            let from_right = self.call_with(function, values)?.to_num() > 0.0;
            out.extend(if from_right { right.next() } else { left.next() });
        }
        out.extend(left);
        out.extend(right);
        Ok(out)
    }
}

fn elements(array: &Array, keys: Vec<Str>) -> Vec<Element> {
    keys.into_iter()
        .map(|key| {
            let cell = array.get(key.bytes()).cloned().unwrap_or_default();
            (key, cell)
        })
        .collect()
}
