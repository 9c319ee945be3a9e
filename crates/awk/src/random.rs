//! The generator behind `rand`: an additive feedback generator with 63 words of state (Knuth, TAOCP 3.2.2).

/// Words of state.
const DEGREE: usize = 63;
/// Distance between the two taps.
const SEPARATION: usize = 1;

/// A seeded generator.
#[derive(Debug)]
pub struct Random {
    state: [i32; DEGREE],
    front: usize,
    rear: usize,
}

impl Random {
    /// A generator for this seed; 0 counts as 1.
    pub fn new(seed: u32) -> Self {
        let mut state = [0i32; DEGREE];
        state[0] = if seed == 0 { 1 } else { seed as i32 };
        for index in 1..DEGREE {
            // 16807 * x mod 2^31 - 1, without overflow.
            let word = i64::from(state[index - 1]);
            let mut next = 16807 * (word % 127_773) - 2836 * (word / 127_773);
            if next < 0 {
                next += 2_147_483_647;
            }
            state[index] = next as i32;
        }
        let mut random = Random {
            state,
            front: SEPARATION,
            rear: 0,
        };
        for _ in 0..DEGREE * 10 {
            random.next();
        }
        random
    }

    fn next(&mut self) -> u32 {
        let sum = self.state[self.front].wrapping_add(self.state[self.rear]);
        self.state[self.front] = sum;
        self.front = (self.front + 1) % DEGREE;
        self.rear = (self.rear + 1) % DEGREE;
        (sum as u32) >> 1
    }

    /// A number from 0 up to but not including 1.
    pub fn fraction(&mut self) -> f64 {
        const DIVISOR: f64 = 2_147_483_648.0;
        loop {
            let low = f64::from(self.next());
            let high = f64::from(self.next());
            let value = 0.5 + (low / DIVISOR + high) / DIVISOR - 0.5;
            if value < 1.0 {
                return value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_fractions_every_time() {
        let (mut first, mut second) = (Random::new(7), Random::new(7));
        let mut sum = 0.0;
        for _ in 0..10_000 {
            let value = first.fraction();
            assert_eq!(value, second.fraction());
            assert!((0.0..1.0).contains(&value));
            sum += value;
        }
        assert!((4_900.0..5_100.0).contains(&sum));
        assert_ne!(Random::new(1).fraction(), Random::new(2).fraction());
    }
}
