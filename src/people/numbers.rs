//! From settings to the numbers that policy decides by.

use crate::{
    foundation::settings::Policy,
    policy::{Certainty, Confidence, FusionRules, RoleGroups, Rules, Weights, age},
};

/// Returns the rules that a household has set; what its roles may command is said elsewhere.
pub fn rules(settings: &Policy, roles: RoleGroups) -> Rules {
    let part = Confidence::thousandths;
    Rules {
        fusion: FusionRules {
            weights: Weights {
                explicit: part(settings.weight_explicit),
                satellite: part(settings.weight_satellite),
                vision: part(settings.weight_vision),
                voice: part(settings.weight_voice),
            },
            confirmed: part(settings.confirmed_from),
            probable: part(settings.probable_from),
            window: settings.signal_window,
        },
        age: age::Limits { teen_from: settings.teen_from, adult_from: settings.adult_from },
        certainty: Certainty {
            ask_below: part(settings.ask_below),
            high_risk_from: part(settings.high_risk_from),
        },
        roles,
        confirm_within: settings.confirm_timeout,
        ticket_lifetime: settings.ticket_lifetime,
        delegation: settings.delegation,
        longest_delegation: settings.longest_delegation,
        consent: settings.consent,
        longest_consent: settings.longest_consent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::settings::Settings;
    use std::path::Path;

    // VOX-55, VOX-56
    #[test]
    fn the_settings_default_to_the_numbers_of_policy() {
        let settings = Settings::for_tests(Path::new("/nowhere"));
        assert_eq!(rules(&settings.policy, RoleGroups::default()), Rules::default());
    }
}
