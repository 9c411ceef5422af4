//! Whether two sets of measurements can be told apart.

/// What a rank test and a test of means say of two samples.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(crate) struct Apart {
    /// How often one of the second is larger than one of the first, a tie counting half: 0.5 when they are alike.
    pub(crate) auc: f64,
    /// How many standard errors that is from 0.5 (Mann and Whitney, 1947).
    pub(crate) z: f64,
    /// Welch's t of the means, which what is far off moves more.
    pub(crate) welch_t: f64,
}

/// Beyond so many standard errors two samples count as told apart: by chance that happens once in 15,000 times.
pub(crate) const TOLD_APART: f64 = 4.0;

/// Compares two samples; neither is empty.
pub(crate) fn compare(first: &[f64], second: &[f64]) -> Apart {
    let auc = area(first, second);
    let (few, many) = (count(first), count(second));
    let error = ((few + many + 1.0) / (12.0 * few * many)).sqrt();
    let ((mean, variance), (other_mean, other_variance)) = (moments(first), moments(second));
    let spread = (variance / few + other_variance / many).sqrt();
    Apart {
        auc,
        z: (auc - 0.5) / error,
        welch_t: if spread > 0.0 {
            (other_mean - mean) / spread
        } else {
            0.0
        },
    }
}

/// The median of what is not empty.
pub(crate) fn median(sample: &[f64]) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    let half = sorted.len() / 2;
    match sorted.len() % 2 {
        0 => f64::midpoint(at(half.saturating_sub(1)), at(half)),
        _ => at(half),
    }
}

/// Mean, and how far it may be off: the standard error.
pub(crate) fn mean(sample: &[f64]) -> (f64, f64) {
    let (mean, variance) = moments(sample);
    (mean, (variance / count(sample)).sqrt())
}

/// Mean and variance.
fn moments(sample: &[f64]) -> (f64, f64) {
    let mean = sample.iter().sum::<f64>() / count(sample);
    let squares: f64 = sample.iter().map(|one| (one - mean).powi(2)).sum();
    (mean, squares / (count(sample) - 1.0).max(1.0))
}

#[expect(clippy::cast_precision_loss, reason = "samples are far fewer than 2^53")]
fn count(sample: &[f64]) -> f64 {
    sample.len() as f64
}

/// The area under the curve, from the ranks of the second sample among both.
fn area(first: &[f64], second: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> = first.iter().map(|&one| (one, false)).collect();
    all.extend(second.iter().map(|&one| (one, true)));
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut ranks, mut before) = (0.0, 0.0);
    for ties in all.chunk_by(|one, other| one.0.total_cmp(&other.0).is_eq()) {
        let both = ties.iter().fold(0.0, |sum, _| sum + 1.0);
        let of_second = ties.iter().filter(|one| one.1).fold(0.0, |sum, _| sum + 1.0);
        ranks += of_second * (before + (both + 1.0) / 2.0);
        before += both;
    }
    let many = count(second);
    (ranks - many * (many + 1.0) / 2.0) / (count(first) * many)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn sample(seed: u64, shift: u64) -> Vec<f64> {
        let mut random = Random::new(seed);
        let number = |random: &mut Random| u32::try_from(shift + random.below(1000)).unwrap();
        (0..2000).map(|_| f64::from(number(&mut random))).collect()
    }

    #[test]
    fn what_is_alike_is_not_told_apart_and_what_differs_is() {
        let alike = compare(&sample(1, 0), &sample(2, 0));
        assert!(
            (alike.auc - 0.5).abs() < 0.03 && alike.z.abs() < TOLD_APART,
            "{alike:?}"
        );
        let apart = compare(&sample(1, 0), &sample(2, 100));
        assert!(apart.z > TOLD_APART && apart.welch_t > TOLD_APART, "{apart:?}");
        let back = compare(&sample(2, 100), &sample(1, 0));
        assert!((apart.auc + back.auc - 1.0).abs() < 1e-9);
    }

    #[test]
    fn ties_count_half() {
        assert!((compare(&[1.0, 1.0], &[1.0, 1.0]).auc - 0.5).abs() < 1e-9);
        assert!((compare(&[1.0, 2.0], &[3.0, 4.0]).auc - 1.0).abs() < 1e-9);
        assert!((compare(&[1.0, 2.0], &[2.0, 3.0]).auc - 0.875).abs() < 1e-9);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!((mean(&[1.0, 3.0]).0 - 2.0).abs() < 1e-9);
    }
}
