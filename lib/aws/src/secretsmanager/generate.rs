//! Values from the operating system's source of randomness.

use base64::{Engine, prelude::BASE64_STANDARD};
use groundplan_core::{Class, Fault, Problems, Result};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// How one value of a secret is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generate {
    /// How long it is: characters, for [`Alphabet::Base64`] the bytes before encoding. At least what
    /// the alphabet needs so that nobody can guess the value; 4096 at most.
    pub length: u32,
    /// What it is made of.
    pub alphabet: Alphabet,
}

/// What a value is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// ASCII letters and digits, which need no escape anywhere. At least 16: 95 bits.
    Alphanumeric,
    /// Hexadecimal digits, lower-case. At least 32: 128 bits.
    Hex,
    /// Bytes, written in standard Base64 with padding. At least 16: 128 bits.
    Base64,
}

const LONGEST: u32 = 4096;

impl Alphabet {
    fn least(self) -> u32 {
        match self {
            Self::Hex => 32,
            Self::Alphanumeric | Self::Base64 => 16,
        }
    }

    /// Its characters, where each of a value's is drawn by itself.
    fn letters(self) -> Option<&'static [u8]> {
        match self {
            Self::Alphanumeric => {
                Some(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
            }
            Self::Hex => Some(b"0123456789abcdef"),
            Self::Base64 => None,
        }
    }
}

impl Generate {
    /// A password of 32 letters and digits: 190 bits.
    pub const fn password() -> Self {
        Self { length: 32, alphabet: Alphabet::Alphanumeric }
    }

    /// So many hexadecimal digits.
    pub const fn hex(digits: u32) -> Self {
        Self { length: digits, alphabet: Alphabet::Hex }
    }

    /// A key of so many bytes, in Base64.
    pub const fn base64(bytes: u32) -> Self {
        Self { length: bytes, alphabet: Alphabet::Base64 }
    }

    pub(super) fn check(self, path: &str, problems: &mut Problems) {
        let least = self.alphabet.least();
        let sound = (least..=LONGEST).contains(&self.length);
        let what = format!("{} is not between {least} and {LONGEST}", self.length);
        problems.require(sound, &format!("{path}.length"), what);
    }

    /// A new value.
    pub(super) fn make(self) -> Result<Zeroizing<String>> {
        let length = self.length as usize;
        let Some(letters) = self.alphabet.letters() else {
            let mut bytes = Zeroizing::new(vec![0; length]);
            fill(&mut bytes)?;
            return Ok(Zeroizing::new(BASE64_STANDARD.encode(&*bytes)));
        };
        // Bytes at the top that would favour the first letters are thrown away.
        let bound = 256 - 256 % letters.len();
        let mut value = Zeroizing::new(String::with_capacity(length));
        let mut bytes = Zeroizing::new([0; 64]);
        while value.len() < length {
            fill(&mut *bytes)?;
            let drawn = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < bound);
            let missing = length - value.len();
            value.extend(drawn.take(missing).map(|byte| char::from(letters[byte % letters.len()])));
        }
        Ok(value)
    }

    /// Whether a value could have been made like this.
    pub(super) fn fits(self, value: &str) -> bool {
        let length = self.length as usize;
        match self.alphabet.letters() {
            Some(letters) => value.len() == length && value.bytes().all(|b| letters.contains(&b)),
            None => BASE64_STANDARD
                .decode(value)
                .is_ok_and(|bytes| Zeroizing::new(bytes).len() == length),
        }
    }
}

fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| {
        Fault::new(Class::Other, "this machine gives no random numbers").why(error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_value_has_the_asked_length_and_alphabet_and_is_new_each_time() {
        for how in [Generate::password(), Generate::hex(64), Generate::base64(32)] {
            let values: BTreeSet<_> = (0..50).map(|_| how.make().unwrap().to_string()).collect();
            assert_eq!(values.len(), 50);
            assert!(values.iter().all(|value| how.fits(value)), "{how:?}");
        }
        assert_eq!(Generate::password().make().unwrap().len(), 32);
        assert_eq!(Generate::base64(32).make().unwrap().len(), 44);
    }

    #[test]
    fn every_letter_is_as_likely() {
        let how = Generate { length: LONGEST, alphabet: Alphabet::Alphanumeric };
        let mut counts = [0u32; 128];
        for _ in 0..20 {
            how.make().unwrap().bytes().for_each(|byte| counts[usize::from(byte)] += 1);
        }
        let letters = Alphabet::Alphanumeric.letters().unwrap();
        let mean = 20 * LONGEST / u32::try_from(letters.len()).unwrap();
        for letter in letters {
            // Taking bytes modulo 62 would give the first eight letters a quarter more.
            let count = counts[usize::from(*letter)];
            assert!((mean * 85 / 100..=mean * 115 / 100).contains(&count), "{count} of {mean}");
        }
    }

    #[test]
    fn a_value_of_another_length_or_alphabet_does_not_fit() {
        assert!(!Generate::password().fits("short"));
        assert!(!Generate::hex(32).fits(&"g".repeat(32)));
        assert!(!Generate::base64(16).fits("not base64!"));
    }

    #[test]
    fn what_could_be_guessed_is_refused() {
        for (how, sound) in [
            (Generate::hex(16), false),
            (Generate::hex(32), true),
            (Generate::base64(8), false),
            (Generate { length: 12, alphabet: Alphabet::Alphanumeric }, false),
            (Generate { length: 5000, alphabet: Alphabet::Alphanumeric }, false),
        ] {
            let mut problems = Problems::default();
            how.check("content", &mut problems);
            assert_eq!(problems.into_vec().is_empty(), sound, "{how:?}");
        }
    }
}
