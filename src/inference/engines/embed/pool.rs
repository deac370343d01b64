//! From the vectors of a text's tokens to one vector of length 1. Pure.

use crate::inference::models::Pooling;

/// Pools the first `count` of a row's token vectors, which have `dimensions` numbers each; what follows them is padding.
#[expect(clippy::cast_precision_loss, reason = "a text has far fewer than 2^24 tokens")]
pub(super) fn pool(row: &[f32], dimensions: usize, count: usize, pooling: Pooling) -> Vec<f32> {
    let mut tokens = row.chunks_exact(dimensions).take(count);
    let mut pooled = tokens.next().map_or_else(|| vec![0.0; dimensions], <[f32]>::to_vec);
    if pooling == Pooling::Mean {
        for token in tokens {
            pooled.iter_mut().zip(token).for_each(|(sum, number)| *sum += number);
        }
        for sum in &mut pooled {
            *sum /= count.max(1) as f32;
        }
    }
    pooled
}

/// Gives a vector length 1; returns whether it had a length, and a direction with it.
pub(super) fn normalize(vector: &mut [f32]) -> bool {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    let usable = length.is_finite() && length > 0.0;
    if usable {
        for number in vector {
            *number /= length;
        }
    }
    usable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_of_the_tokens_and_not_of_the_padding() {
        let row = [1.0, 2.0, 3.0, 6.0, 99.0, 99.0];
        assert_eq!(pool(&row, 2, 2, Pooling::Mean), [2.0, 4.0]);
        assert_eq!(pool(&row, 2, 2, Pooling::Cls), [1.0, 2.0]);
    }

    #[test]
    fn a_vector_gets_length_one_and_one_without_direction_is_refused() {
        let mut vector = [3.0, 4.0];
        assert!(normalize(&mut vector));
        assert!((vector[0] - 0.6).abs() < 1e-6 && (vector[1] - 0.8).abs() < 1e-6);
        for broken in [0.0, f32::NAN, f32::INFINITY] {
            assert!(!normalize(&mut [broken, broken]), "{broken}");
        }
    }
}
