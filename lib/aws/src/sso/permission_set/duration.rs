//! Lengths of time as ISO 8601 writes them: `PT1H30M`.

/// So many seconds, in the units that a person would choose.
pub(super) fn written(seconds: u32) -> String {
    let parts = [(seconds / 3600, 'H'), (seconds / 60 % 60, 'M'), (seconds % 60, 'S')];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    parts.fold("PT".to_owned(), |text, (count, unit)| format!("{text}{count}{unit}"))
}

/// The seconds of a text, however it writes them; none if it is none that a session can have.
pub(super) fn read(text: &str) -> Option<u32> {
    let (mut seconds, mut count, mut in_day) = (0_u32, String::new(), false);
    for letter in text.strip_prefix('P')?.chars() {
        let unit = match letter {
            'T' if count.is_empty() => {
                in_day = true;
                continue;
            }
            digit if digit.is_ascii_digit() => {
                count.push(digit);
                continue;
            }
            'D' if !in_day => 24 * 3600,
            'H' if in_day => 3600,
            'M' if in_day => 60,
            'S' if in_day => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(count.parse::<u32>().ok()?.checked_mul(unit)?)?;
        count.clear();
    }
    count.is_empty().then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (seconds, text) in
            [(3600, "PT1H"), (5400, "PT1H30M"), (43200, "PT12H"), (3661, "PT1H1M1S")]
        {
            assert_eq!(written(seconds), text);
            assert_eq!(read(text), Some(seconds));
        }
        assert_eq!(read("PT90M"), Some(5400));
        assert_eq!(read("P0DT2H"), Some(7200));
        for wrong in ["", "1H", "P1H", "PT1", "PT-1H", "P1M", "PTH"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
