//! The order of keys in written YAML: letters after other characters, runs of digits by their value.
//!
//! Source: `keyList.Less` of `goyaml.v2`.

use std::cmp::Ordering;

/// Compares two keys; those that the rule finds equal are compared as text.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if less(&left, &right) {
        Ordering::Less
    } else if less(&right, &left) {
        Ordering::Greater
    } else {
        a.cmp(b)
    }
}

fn less(a: &[char], b: &[char]) -> bool {
    let mut digits = false;
    for (index, (&x, &y)) in a.iter().zip(b).enumerate() {
        if x == y {
            digits = x.is_numeric();
            continue;
        }
        let (x_letter, y_letter) = (x.is_alphabetic(), y.is_alphabetic());
        if x_letter && y_letter {
            return x < y;
        }
        if x_letter || y_letter {
            return if digits { x_letter } else { y_letter };
        }
        let leading = if (x == '0' || y == '0') && has_digit_before(a, index) {
            1
        } else {
            0
        };
        let (x_number, x_end) = run(a, index, leading);
        let (y_number, y_end) = run(b, index, leading);
        return (x_number, x_end, x) < (y_number, y_end, y);
    }
    a.len() < b.len()
}

/// Whether the run of digits before `index` has one that is not zero.
fn has_digit_before(text: &[char], index: usize) -> bool {
    text.iter()
        .take(index)
        .rev()
        .take_while(|c| c.is_ascii_digit())
        .any(|&c| c != '0')
}

/// The value of the run of digits from `index` on, after `start`, and where it ends; saturated.
fn run(text: &[char], index: usize, start: u64) -> (u64, usize) {
    let digits = text.iter().skip(index).map_while(|c| c.to_digit(10));
    digits.fold((start, index), |(value, end), digit| {
        (value.saturating_mul(10).saturating_add(u64::from(digit)), end + 1)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_inside_of_keys_count() {
        let mut keys = ["f:b", "a10", "a2", "f:a", ".", "a", "B", "b", "a-1", "a1"];
        keys.sort_by(|a, b| compare(a, b));
        assert_eq!(keys, [".", "B", "a", "a-1", "a1", "a2", "a10", "b", "f:a", "f:b"]);
    }
    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Sorting may panic otherwise.
        #[test]
        fn the_order_is_one(keys in prop::array::uniform3("[ab019.:Ⅷ½٣-]{0,5}")) {
            let [a, b, c] = keys;
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &b) == Ordering::Equal, a == b);
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le(), "{} {} {}", a, b, c);
            }
        }
    }
}
