//! Times of day, as windows of services begin and end.

/// Hours and minutes of `02:30`, two digits each.
pub(crate) fn time_of_day(text: &str) -> Option<(u32, u32)> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, most: u32| {
        let plain = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|number| plain && *number < most)
    };
    Some((number(hours, 24)?, number(minutes, 60)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_has_two_digits_twice() {
        assert_eq!(time_of_day("02:30"), Some((2, 30)));
        assert_eq!(time_of_day("23:59"), Some((23, 59)));
        for other in ["2:30", "24:00", "12:60", "noon", "+1:00", ""] {
            assert_eq!(time_of_day(other), None, "{other}");
        }
    }
}
