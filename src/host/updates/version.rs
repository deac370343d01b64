//! The order of versions of Debian packages, as `deb-version(7)` defines it.

use std::cmp::Ordering;

/// Compares `[epoch:]upstream[-revision]`.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (epoch, upstream, revision) = parts(one);
    let (other_epoch, other_upstream, other_revision) = parts(other);
    number(epoch, other_epoch)
        .then_with(|| part(upstream.as_bytes(), other_upstream.as_bytes()))
        .then_with(|| part(revision.as_bytes(), other_revision.as_bytes()))
}

fn parts(version: &str) -> (&str, &str, &str) {
    let (epoch, rest) = version.split_once(':').unwrap_or(("", version));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, upstream, revision)
}

/// Compares what is not a digit, then digits, and so on to the end.
fn part(mut one: &[u8], mut other: &[u8]) -> Ordering {
    while !one.is_empty() || !other.is_empty() {
        let (a, b) = (head(one, false), head(other, false));
        // What is missing weighs as much as a digit, which is the end as well.
        let weights = |text: &[u8]| text.iter().map(|byte| weight(*byte)).collect::<Vec<_>>();
        let (mut weighed, mut against) = (weights(a), weights(b));
        weighed.resize(a.len().max(b.len()), 0);
        against.resize(a.len().max(b.len()), 0);
        let order = weighed.cmp(&against);
        if order.is_ne() {
            return order;
        }
        (one, other) = (&one[a.len()..], &other[b.len()..]);
        let (a, b) = (head(one, true), head(other, true));
        let order = digits_of(a, b);
        if order.is_ne() {
            return order;
        }
        (one, other) = (&one[a.len()..], &other[b.len()..]);
    }
    Ordering::Equal
}

/// Returns the digits, or what is none, that a text begins with.
fn head(text: &[u8], digits: bool) -> &[u8] {
    let end = text.iter().position(|byte| byte.is_ascii_digit() != digits);
    &text[..end.unwrap_or(text.len())]
}

/// `~` is before the end, which is before letters, which are before everything else.
fn weight(byte: u8) -> i16 {
    match byte {
        b'~' => -1,
        b'0'..=b'9' => 0,
        letter if letter.is_ascii_alphabetic() => i16::from(letter),
        other => i16::from(other) + 256,
    }
}

fn number(one: &str, other: &str) -> Ordering {
    digits_of(one.as_bytes(), other.as_bytes())
}

/// Compares numbers of any length.
fn digits_of(one: &[u8], other: &[u8]) -> Ordering {
    let plain = |digits: &[u8]| digits.iter().position(|d| *d != b'0').unwrap_or(digits.len());
    let (one, other) = (&one[plain(one)..], &other[plain(other)..]);
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_are_ordered_as_deb_version_says() {
        // The row of the manual, then what dpkg's own tests hold.
        let ascending = [
            ["~~", "~~a"],
            ["~~a", "~"],
            ["~", ""],
            ["", "a"],
            ["1.0~beta1~svn1245", "1.0~beta1"],
            ["1.0~beta1", "1.0"],
            ["1.0", "1.0-1"],
            ["1.0-1", "1.0-1+deb12u1"],
            ["1.0-1~bpo12+1", "1.0-1"],
            ["0:9", "1:0"],
            ["1.9", "1.10"],
            ["2.36-9+deb12u7", "2.36-9+deb12u10"],
            ["6.1.0-9", "6.1.0-10"],
            ["0a", "0+"],
            ["0.a", "0.+"],
            ["1.2.3", "1.2.3.1"],
            ["99999999999999999999998", "99999999999999999999999"],
        ];
        for [lower, higher] in ascending {
            assert_eq!(compare(lower, higher), Ordering::Less, "{lower} {higher}");
            assert_eq!(compare(higher, lower), Ordering::Greater, "{lower} {higher}");
        }
        for [one, same] in [["0:1.0-1", "1.0-1"], ["1.0-0", "1.0"], ["1.00", "1.0"], ["0:0-0", "0"]]
        {
            assert_eq!(compare(one, same), Ordering::Equal, "{one} {same}");
        }
    }

    /// What dpkg itself says, where there is one.
    #[test]
    #[expect(clippy::print_stderr, reason = "what is not tested is said")]
    fn dpkg_agrees() {
        let samples =
            ["1.0-1", "1.0~rc1-1", "1:0.9", "1.0+b1", "1.0.1-0ubuntu1.2", "1.0a", "1.0-1.1"];
        for (one, other) in samples.iter().flat_map(|a| samples.iter().map(move |b| (a, b))) {
            let mut dpkg = std::process::Command::new("dpkg");
            let asked = dpkg.args(["--compare-versions", one, "lt", other]).status();
            let Ok(status) = asked else {
                return eprintln!("SKIPPED: there is no dpkg here to compare versions with");
            };
            assert_eq!(status.success(), compare(one, other) == Ordering::Less, "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_one(versions in prop::array::uniform3("([0-9]:)?[0-9a-c.+~]{0,6}(-[0-9~+a]{0,3})?|\\PC{0,8}")) {
            let [a, b, c] = &versions;
            prop_assert_eq!(compare(a, b), compare(b, a).reverse());
            prop_assert_eq!(compare(a, a), Ordering::Equal);
            if compare(a, b).is_le() && compare(b, c).is_le() {
                prop_assert!(compare(a, c).is_le());
            }
        }
    }
}
