//! What a request may ask of the sampler: defaults of the model, wishes of the request, and their limits.

use crate::inference::engines::refusal;
use crate::inference::workers::{Refusal, Sampling};
use serde_json::Value;

/// The highest temperature; above it text is noise.
const TEMPERATURE_LIMIT: f32 = 2.0;
/// The highest repetition penalty; 1.0 is none, 1.3 is already strong.
const PENALTY_LIMIT: f32 = 10.0;

/// How tokens are chosen, after defaults and wishes are joined and checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice {
    /// Zero is greedy.
    pub(super) temperature: f32,
    /// Zero keeps all.
    pub(super) top_k: usize,
    pub(super) top_p: f32,
    pub(super) min_p: f32,
    pub(super) repetition_penalty: f32,
    pub(super) seed: u64,
}

/// What the model's authors advise, from `generation_config.json` or the search section of `genai_config.json`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Defaults {
    temperature: Option<f32>,
    top_k: Option<usize>,
    top_p: Option<f32>,
    min_p: Option<f32>,
    repetition_penalty: Option<f32>,
}

impl Defaults {
    /// Reads the advice; where it does not sample, the temperature is zero. Values outside the limits are ignored.
    pub(super) fn read(advice: &Value) -> Self {
        let number = |key: &str| advice.get(key).and_then(Value::as_f64).map(narrow);
        let within = |key: &str, fits: fn(f32) -> bool| number(key).filter(|&value| fits(value));
        let samples = advice.get("do_sample").and_then(Value::as_bool).unwrap_or(false);
        Self {
            temperature: if samples {
                within("temperature", temperature_fits).or(Some(1.0))
            } else {
                Some(0.0)
            },
            top_k: advice
                .get("top_k")
                .and_then(Value::as_u64)
                .and_then(|top_k| usize::try_from(top_k).ok()),
            top_p: within("top_p", top_p_fits),
            min_p: within("min_p", min_p_fits),
            repetition_penalty: within("repetition_penalty", penalty_fits),
        }
    }
}

/// Joins a request's wishes with the model's defaults; `fresh_seed` is used if the request names none.
pub(super) fn resolve(
    wishes: &Sampling,
    defaults: &Defaults,
    fresh_seed: impl FnOnce() -> u64,
) -> Result<Choice, Refusal> {
    let check = |field: &str, value: Option<f32>, fits: fn(f32) -> bool, limits: &str| match value {
        Some(value) if !fits(value) => {
            Err(refusal("invalid_request", format!("{field} must be {limits}, not {value}")))
        }
        _ => Ok(()),
    };
    check("temperature", wishes.temperature, temperature_fits, "between 0 and 2")?;
    check("top_p", wishes.top_p, top_p_fits, "above 0 and at most 1")?;
    check("min_p", wishes.min_p, min_p_fits, "at least 0 and below 1")?;
    check("repetition_penalty", wishes.repetition_penalty, penalty_fits, "between 1 and 10")?;
    Ok(Choice {
        temperature: wishes.temperature.or(defaults.temperature).unwrap_or(0.0),
        top_k: wishes.top_k.or(defaults.top_k).unwrap_or(0),
        top_p: wishes.top_p.or(defaults.top_p).unwrap_or(1.0),
        min_p: wishes.min_p.or(defaults.min_p).unwrap_or(0.0),
        repetition_penalty: wishes
            .repetition_penalty
            .or(defaults.repetition_penalty)
            .unwrap_or(1.0),
        seed: wishes.seed.unwrap_or_else(fresh_seed),
    })
}

fn temperature_fits(value: f32) -> bool {
    (0.0..=TEMPERATURE_LIMIT).contains(&value)
}

fn top_p_fits(value: f32) -> bool {
    value > 0.0 && value <= 1.0
}

fn min_p_fits(value: f32) -> bool {
    (0.0..1.0).contains(&value)
}

fn penalty_fits(value: f32) -> bool {
    (1.0..=PENALTY_LIMIT).contains(&value)
}

#[expect(clippy::cast_possible_truncation, reason = "sampling needs no more than seven digits")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn wishes_win_over_the_models_advice() {
        let defaults = Defaults::read(
            &json!({"do_sample": true, "temperature": 0.7, "top_p": 0.8, "top_k": 20, "repetition_penalty": 1.1}),
        );
        let wishes = Sampling { temperature: Some(0.2), seed: Some(5), ..Sampling::default() };
        let choice = resolve(&wishes, &defaults, || 9).unwrap();
        assert_eq!(
            choice,
            Choice {
                temperature: 0.2,
                top_k: 20,
                top_p: 0.8,
                min_p: 0.0,
                repetition_penalty: 1.1,
                seed: 5
            }
        );
    }

    #[test]
    fn a_model_that_does_not_sample_is_greedy_unless_asked() {
        let defaults = Defaults::read(&json!({"temperature": 0.7}));
        let choice = resolve(&Sampling::default(), &defaults, || 9).unwrap();
        assert!(choice.temperature.abs() < f32::EPSILON);
        assert_eq!(choice.seed, 9);
    }

    #[test]
    fn values_outside_the_limits_are_refused_by_name() {
        let wrong = [
            ("temperature", Sampling { temperature: Some(-0.1), ..Sampling::default() }),
            ("temperature", Sampling { temperature: Some(f32::NAN), ..Sampling::default() }),
            ("temperature", Sampling { temperature: Some(1e30), ..Sampling::default() }),
            ("top_p", Sampling { top_p: Some(0.0), ..Sampling::default() }),
            ("top_p", Sampling { top_p: Some(1.5), ..Sampling::default() }),
            ("min_p", Sampling { min_p: Some(1.0), ..Sampling::default() }),
            (
                "repetition_penalty",
                Sampling { repetition_penalty: Some(0.5), ..Sampling::default() },
            ),
            (
                "repetition_penalty",
                Sampling { repetition_penalty: Some(f32::INFINITY), ..Sampling::default() },
            ),
        ];
        for (field, wishes) in wrong {
            let refusal = resolve(&wishes, &Defaults::default(), || 0).unwrap_err();
            assert_eq!(refusal.code, "invalid_request");
            assert!(refusal.message.starts_with(field), "{}", refusal.message);
        }
    }

    #[test]
    fn advice_outside_the_limits_is_ignored() {
        let defaults = Defaults::read(&json!({"do_sample": true, "temperature": -3, "top_p": 7}));
        let choice = resolve(&Sampling::default(), &defaults, || 0).unwrap();
        assert!((choice.temperature - 1.0).abs() < f32::EPSILON);
        assert!((choice.top_p - 1.0).abs() < f32::EPSILON);
    }
}
