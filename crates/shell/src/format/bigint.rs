//! Natural numbers of any size, as far as exact decimal conversion needs them.

use std::cmp::Ordering;

/// Little-endian limbs without leading zeros.
#[derive(Debug, Clone, Default)]
pub(super) struct Big(Vec<u32>);

impl Big {
    pub fn from_u64(value: u64) -> Self {
        let mut big = Self(vec![(value & 0xffff_ffff) as u32, (value >> 32) as u32]);
        big.trim();
        big
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Multiplies and adds.
    pub fn mul_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for limb in &mut self.0 {
            let product = u64::from(*limb) * u64::from(factor) + carry;
            *limb = (product & 0xffff_ffff) as u32;
            carry = product >> 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    /// Multiplies by `5^power`.
    pub fn mul_pow5(&mut self, mut power: usize) {
        const STEP: usize = 13;
        while power >= STEP {
            self.mul_add(5u32.pow(STEP as u32), 0);
            power -= STEP;
        }
        self.mul_add(5u32.pow(power as u32), 0);
    }

    pub fn shl(&mut self, bits: usize) {
        if self.is_zero() || bits == 0 {
            return;
        }
        let (limbs, shift) = (bits / 32, bits % 32);
        if shift > 0 {
            let mut carry = 0;
            for limb in &mut self.0 {
                let next = *limb >> (32 - shift);
                *limb = (*limb << shift) | carry;
                carry = next;
            }
            if carry > 0 {
                self.0.push(carry);
            }
        }
        self.0.splice(0..0, std::iter::repeat_n(0, limbs));
    }

    pub fn bits(&self) -> usize {
        match self.0.last() {
            Some(top) => self.0.len() * 32 - top.leading_zeros() as usize,
            None => 0,
        }
    }

    fn bit(&self, index: usize) -> bool {
        self.0
            .get(index / 32)
            .is_some_and(|limb| (limb >> (index % 32)) & 1 == 1)
    }

    /// The 64 most significant bits as a number, and how the rest compares with half a unit. `bits()` must be at least 64.
    pub fn top64(&self) -> (u64, Ordering) {
        let bits = self.bits();
        let mut top = 0u64;
        for i in 0..64 {
            top = (top << 1) | u64::from(self.bit(bits - 1 - i));
        }
        let rest = bits - 64;
        if rest == 0 {
            return (top, Ordering::Less);
        }
        let below = (0..rest - 1).any(|i| self.bit(i));
        let order = match (self.bit(rest - 1), below) {
            (true, true) => Ordering::Greater,
            (true, false) => Ordering::Equal,
            (false, _) => Ordering::Less,
        };
        (top, order)
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.0
            .len()
            .cmp(&other.0.len())
            .then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    fn subtract(&mut self, other: &Self) {
        let mut borrow = 0i64;
        for (i, limb) in self.0.iter_mut().enumerate() {
            let value = i64::from(*limb) - i64::from(other.0.get(i).copied().unwrap_or(0)) - borrow;
            borrow = i64::from(value < 0);
            *limb = (value & 0xffff_ffff) as u32;
        }
        self.trim();
    }

    /// Quotient and whether there is a remainder. The quotient must be small (about 66 bits), since each takes a pass.
    pub fn divide(mut self, divisor: &Self) -> (Self, bool) {
        let steps = (self.bits() + 1).saturating_sub(divisor.bits());
        let mut quotient = Self::default();
        for step in (0..=steps).rev() {
            let mut part = divisor.clone();
            part.shl(step);
            quotient.shl(1);
            if self.compare(&part) != Ordering::Less {
                self.subtract(&part);
                if quotient.is_zero() {
                    quotient.0.push(1);
                } else {
                    quotient.0[0] |= 1;
                }
            }
        }
        (quotient, !self.is_zero())
    }

    /// Decimal digits, no leading zeros; empty for zero.
    pub fn decimal(mut self) -> Vec<u8> {
        const CHUNK: u32 = 1_000_000_000;
        let mut chunks = Vec::new();
        while !self.is_zero() {
            let mut remainder = 0u64;
            for limb in self.0.iter_mut().rev() {
                let value = (remainder << 32) | u64::from(*limb);
                *limb = (value / u64::from(CHUNK)) as u32;
                remainder = value % u64::from(CHUNK);
            }
            self.trim();
            chunks.push(remainder as u32);
        }
        let mut out = Vec::with_capacity(chunks.len() * 9);
        for (i, chunk) in chunks.iter().rev().enumerate() {
            let text = if i == 0 {
                chunk.to_string()
            } else {
                format!("{chunk:09}")
            };
            out.extend_from_slice(text.as_bytes());
        }
        out
    }
}
