//! The old sums: `sum -r`, `sum -s`, POSIX `cksum`.

/// BSD: 16 bits, rotated right before each byte.
#[derive(Default)]
pub(super) struct Bsd(u16);

impl Bsd {
    pub(super) fn update(&mut self, data: &[u8]) {
        for b in data {
            self.0 = self.0.rotate_right(1).wrapping_add(u16::from(*b));
        }
    }

    pub(super) fn finish(self) -> u32 {
        self.0.into()
    }
}

/// System V: the sum of all bytes, folded.
#[derive(Default)]
pub(super) struct SysV(u32);

impl SysV {
    pub(super) fn update(&mut self, data: &[u8]) {
        for b in data {
            self.0 = self.0.wrapping_add(u32::from(*b));
        }
    }

    pub(super) fn finish(self) -> u32 {
        let r = (self.0 & 0xffff) + (self.0 >> 16);
        (r & 0xffff) + (r >> 16)
    }
}

const POLYNOMIAL: u32 = 0x04c1_1db7;

/// Tables for eight bytes at a time.
static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut t = [[0u32; 256]; 8];
    let mut i = 0;
    while i < 256 {
        let mut c = (i as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            c = if c & 0x8000_0000 != 0 {
                (c << 1) ^ POLYNOMIAL
            } else {
                c << 1
            };
            bit += 1;
        }
        t[0][i] = c;
        i += 1;
    }
    let mut k = 1;
    while k < 8 {
        let mut i = 0;
        while i < 256 {
            let c = t[k - 1][i];
            t[k][i] = (c << 8) ^ t[0][(c >> 24) as usize];
            i += 1;
        }
        k += 1;
    }
    t
}

/// POSIX XCU `cksum`: CRC-32 with the length appended, not reflected.
#[derive(Default)]
pub(super) struct Crc(u32);

impl Crc {
    fn byte(&mut self, b: u8) {
        self.0 = (self.0 << 8) ^ TABLES[0][usize::from((self.0 >> 24) as u8 ^ b)];
    }

    pub(super) fn update(&mut self, data: &[u8]) {
        let mut words = data.chunks_exact(8);
        for w in &mut words {
            let c = self.0.to_be_bytes();
            let at = |k: usize, b: u8| TABLES[k][usize::from(b)];
            self.0 = at(7, w[0] ^ c[0])
                ^ at(6, w[1] ^ c[1])
                ^ at(5, w[2] ^ c[2])
                ^ at(4, w[3] ^ c[3])
                ^ at(3, w[4])
                ^ at(2, w[5])
                ^ at(1, w[6])
                ^ at(0, w[7]);
        }
        for b in words.remainder() {
            self.byte(*b);
        }
    }

    pub(super) fn finish(mut self, mut size: u64) -> u32 {
        while size > 0 {
            self.byte(size as u8);
            size >>= 8;
        }
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_real_tools() {
        let data = b"The quick brown fox jumps over the lazy dog\n";
        let (mut crc, mut bsd, mut sysv) = (Crc::default(), Bsd::default(), SysV::default());
        for piece in data.chunks(13) {
            crc.update(piece);
            bsd.update(piece);
            sysv.update(piece);
        }
        assert_eq!(
            (crc.finish(44), bsd.finish(), sysv.finish()),
            (2_382_472_371, 25_281, 4_067)
        );
    }
}
