//! The firewall as it is set up, from the files of ufw, firewalld and nftables.
//!
//! What the kernel enforces at this moment is not read: that takes an administrator's rights on the host itself. Every rule
//! is told with the line that it was read from.

use super::machine::{Found, Text};
use super::{HostError, Language, Machine};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, io};

/// Every program that is set up to keep traffic out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Firewall {
    /// In the order ufw, firewalld, nftables; usually there is one.
    pub programs: Vec<FirewallProgram>,
}

/// What one of these programs is told to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FirewallProgram {
    /// `ufw`, `firewalld` or `nftables`.
    pub program: String,
    /// Whether it is set to start with the machine.
    pub enabled: bool,
    /// What happens to traffic that no rule is about, by direction (`in`, `out`, `forward`).
    pub defaults: BTreeMap<String, String>,
    /// The rules, in their order; none if this user may not read them.
    pub rules: Option<Vec<FirewallRule>>,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FirewallRule {
    /// What it does: `allow`, `deny`, `reject`, `limit`, or the program's own word.
    pub action: String,
    /// Which way the traffic goes: `in`, `out` or `forward`.
    pub direction: String,
    /// `tcp`, `udp` or another protocol; none for all.
    pub protocol: Option<String>,
    /// The port or ports, or the service; none for all.
    pub port: Option<String>,
    /// Where the traffic comes from; none for anywhere.
    pub from: Option<String>,
    /// Where it goes to; none for anywhere.
    pub to: Option<String>,
    /// The rule as it is written.
    pub written: String,
    /// The file that it stands in.
    pub file: String,
}

/// What can be seen of a file.
enum Seen {
    Text(Text),
    Absent,
    /// It is there, and this user may not read it.
    Hidden,
}

/// How many rules a sentence names; the others are counted.
const NAMED: usize = 6;

pub(super) fn read(machine: &Machine) -> Result<Found<Firewall>, HostError> {
    let mut notes = Vec::new();
    let programs = [
        ufw(machine, &mut notes)?,
        firewalld(machine, &mut notes)?,
        nftables(machine, &mut notes)?,
    ];
    let programs: Vec<FirewallProgram> = programs.into_iter().flatten().collect();
    for program in programs.iter().filter(|program| program.rules.is_none()) {
        notes.push(format!(
            "the rules of {} are left out: this user may not read them",
            program.program
        ));
    }
    Ok(Found { data: Firewall { programs }, notes })
}

fn see(machine: &Machine, path: &str) -> Result<Seen, HostError> {
    match machine.text_if_any(path) {
        Ok(Some(text)) => Ok(Seen::Text(text)),
        Ok(None) => Ok(Seen::Absent),
        Err(HostError::Read { source, .. }) if source.kind() == io::ErrorKind::PermissionDenied => {
            Ok(Seen::Hidden)
        }
        Err(error) => Err(error),
    }
}

/// Reads `KEY=value` and `KEY="value"`.
fn value<'t>(text: &'t Text, key: &str) -> Option<&'t str> {
    text.lines().find_map(|(_, line)| {
        let value = line.trim().strip_prefix(key)?.trim_start().strip_prefix('=')?;
        Some(value.trim().trim_matches('"'))
    })
}

/// Whether systemd starts a unit with the machine.
fn starts(machine: &Machine, target: &str, unit: &str) -> bool {
    let link = machine.path(&format!("/etc/systemd/system/{target}.wants/{unit}.service"));
    link.symlink_metadata().is_ok()
}

/// Reads ufw's own files (`ufw-framework(8)`).
fn ufw(machine: &Machine, notes: &mut Vec<String>) -> Result<Option<FirewallProgram>, HostError> {
    let Seen::Text(settings) = see(machine, "/etc/ufw/ufw.conf")? else { return Ok(None) };
    let mut defaults = BTreeMap::new();
    if let Seen::Text(text) = see(machine, "/etc/default/ufw")? {
        for (key, direction) in [("INPUT", "in"), ("OUTPUT", "out"), ("FORWARD", "forward")] {
            if let Some(policy) = value(&text, &format!("DEFAULT_{key}_POLICY")) {
                defaults.insert(direction.to_owned(), action(policy));
            }
        }
    }
    let mut rules = Some(Vec::new());
    for path in ["/etc/ufw/user.rules", "/etc/ufw/user6.rules"] {
        match see(machine, path)? {
            Seen::Text(text) => {
                if let Some(rules) = &mut rules {
                    tuples(&text, path, rules, notes);
                }
            }
            Seen::Absent => {}
            Seen::Hidden => rules = None,
        }
    }
    let enabled = value(&settings, "ENABLED") == Some("yes");
    Ok(Some(FirewallProgram { program: "ufw".to_owned(), enabled, defaults, rules }))
}

/// Reads the comments in which ufw keeps its rules:
/// `### tuple ### <action> <protocol> <port> <to> <port> <from> [<application> <application>] <direction>`.
fn tuples(text: &Text, file: &str, rules: &mut Vec<FirewallRule>, notes: &mut Vec<String>) {
    for (number, line) in text.lines() {
        let Some(tuple) = line.strip_prefix("### tuple ###") else { continue };
        let fields: Vec<&str> =
            tuple.split_whitespace().filter(|field| !field.starts_with("comment=")).collect();
        let ([done, protocol, port, to, _, from, way]
        | [done, protocol, port, to, _, from, _, _, way]) = fields[..]
        else {
            notes.push(
                text.skipped(number, "an action, protocol, ports, addresses and a direction"),
            );
            continue;
        };
        let routed = done.strip_prefix("route:");
        let done = routed.unwrap_or(done);
        let way = if routed.is_some() { "forward" } else { way.split('_').next().unwrap_or(way) };
        let some = |field: &str| {
            (!matches!(field, "any" | "0.0.0.0/0" | "::/0")).then(|| field.to_owned())
        };
        rules.push(FirewallRule {
            action: done.split('_').next().unwrap_or(done).to_owned(),
            direction: way.to_owned(),
            protocol: some(protocol),
            port: some(port),
            from: some(from),
            to: some(to),
            written: tuple.trim().to_owned(),
            file: file.to_owned(),
        });
    }
}

/// Reads the default zone of firewalld (`firewalld.zone(5)`).
fn firewalld(
    machine: &Machine,
    notes: &mut Vec<String>,
) -> Result<Option<FirewallProgram>, HostError> {
    let Seen::Text(settings) = see(machine, "/etc/firewalld/firewalld.conf")? else {
        return Ok(None);
    };
    let enabled = starts(machine, "multi-user.target", "firewalld");
    let mut program =
        FirewallProgram { program: "firewalld".to_owned(), enabled, ..FirewallProgram::default() };
    let zone = value(&settings, "DefaultZone").unwrap_or("public");
    if !zone.chars().all(|letter| letter.is_alphanumeric() || "-_".contains(letter)) {
        notes.push(format!(
            "the default zone of firewalld is left out: {zone:?} is no name of a zone"
        ));
        return Ok(Some(program));
    }
    for folder in ["/etc/firewalld/zones", "/usr/lib/firewalld/zones"] {
        let path = format!("{folder}/{zone}.xml");
        let Seen::Text(text) = see(machine, &path)? else { continue };
        match zone_of(text.content(), &path) {
            Ok((default, rules)) => {
                program.defaults.insert("in".to_owned(), default);
                program.rules = Some(rules);
            }
            Err(error) => notes.push(format!("{path} is left out: it is no XML ({error})")),
        }
        break;
    }
    Ok(Some(program))
}

fn zone_of(text: &str, file: &str) -> Result<(String, Vec<FirewallRule>), roxmltree::Error> {
    let document = roxmltree::Document::parse(text)?;
    let zone = document.root_element();
    // What a zone does not name is rejected.
    let default = action(zone.attribute("target").unwrap_or("REJECT").trim_matches('%'));
    let rules = zone.children().filter(roxmltree::Node::is_element).filter_map(|node| {
        let of = |name: &str| node.children().find(|child| child.has_tag_name(name));
        let (what, done) = match node.tag_name().name() {
            "service" | "port" | "protocol" => (Some(node), "allow"),
            "rule" => {
                let done = ["accept", "reject", "drop"].into_iter().find(|name| of(name).is_some());
                (of("service").or_else(|| of("port")), done.unwrap_or("log"))
            }
            _ => return None,
        };
        let named = |name: &str| what.and_then(|what| what.attribute(name)).map(str::to_owned);
        let address =
            |name: &str| of(name).and_then(|child| child.attribute("address")).map(str::to_owned);
        Some(FirewallRule {
            action: action(done),
            direction: "in".to_owned(),
            protocol: named("protocol").or_else(|| named("value")),
            port: named("port").or_else(|| named("name")),
            from: address("source"),
            to: address("destination"),
            written: text[node.range()].split_whitespace().collect::<Vec<_>>().join(" "),
            file: file.to_owned(),
        })
    });
    Ok((default, rules.collect()))
}

/// Reads the file that nftables loads when the machine starts.
fn nftables(machine: &Machine, _: &mut Vec<String>) -> Result<Option<FirewallProgram>, HostError> {
    let path = "/etc/nftables.conf";
    let mut program = FirewallProgram {
        program: "nftables".to_owned(),
        enabled: starts(machine, "sysinit.target", "nftables"),
        ..FirewallProgram::default()
    };
    match see(machine, path)? {
        Seen::Absent => return Ok(None),
        Seen::Hidden => {}
        Seen::Text(text) => {
            let ruleset = Ruleset::read(text.content(), path);
            // The file that comes with the package has empty chains: nothing is set up by that.
            if ruleset.rules.is_empty() && ruleset.defaults.values().all(|policy| policy == "allow")
            {
                return Ok(None);
            }
            (program.defaults, program.rules) = (ruleset.defaults, Some(ruleset.rules));
        }
    }
    Ok(Some(program))
}

/// What is read of a file in the language of `nft(8)`: chains with a hook, their policies and rules.
#[derive(Default)]
struct Ruleset {
    defaults: BTreeMap<String, String>,
    rules: Vec<FirewallRule>,
    /// The blocks around the place that is read, each with what stands before its brace.
    blocks: Vec<String>,
    /// Which way the traffic goes in the chain that is read.
    direction: Option<String>,
}

/// What blocks begin with; other braces are sets within a rule.
const BLOCKS: &[&str] =
    &["table", "chain", "set", "map", "flowtable", "counter", "quota", "limit", "ct"];

impl Ruleset {
    fn read(text: &str, file: &str) -> Self {
        let mut ruleset = Self::default();
        let (mut statement, mut sets) = (String::new(), 0_usize);
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        for letter in lines.flat_map(|line| line.chars().chain(['\n'])) {
            let first = statement.split_whitespace().next().unwrap_or_default();
            match letter {
                '{' if sets == 0 && BLOCKS.contains(&first) => {
                    ruleset.blocks.push(std::mem::take(&mut statement).trim().to_owned());
                    ruleset.direction = None;
                }
                '{' => {
                    sets += 1;
                    statement.push(letter);
                }
                '}' if sets > 0 => {
                    sets -= 1;
                    statement.push(letter);
                }
                '}' => {
                    ruleset.end(&std::mem::take(&mut statement), file);
                    ruleset.blocks.pop();
                }
                ';' | '\n' if sets == 0 => ruleset.end(&std::mem::take(&mut statement), file),
                letter => statement.push(letter),
            }
        }
        ruleset
    }

    /// Takes a statement that is complete.
    fn end(&mut self, statement: &str, file: &str) {
        let words: Vec<&str> = statement.split_whitespace().collect();
        let in_chain = self.blocks.last().is_some_and(|block| block.starts_with("chain"));
        if words.is_empty() || !in_chain {
            return;
        }
        let after =
            |word: &str| words.iter().position(|it| *it == word).and_then(|at| words.get(at + 1));
        if words[0] == "type" {
            self.direction = after("hook").map(|hook| match *hook {
                "input" => "in".to_owned(),
                "output" => "out".to_owned(),
                hook => hook.to_owned(),
            });
            return;
        }
        let Some(direction) = self.direction.clone() else { return };
        if let ["policy", policy] = words[..] {
            self.defaults.insert(direction, action(policy));
            return;
        }
        let verdicts =
            ["accept", "drop", "reject", "jump", "goto", "return", "masquerade", "dnat", "snat"];
        let Some(verdict) = words.iter().find(|word| verdicts.contains(word)) else { return };
        let port = words.iter().position(|word| *word == "dport");
        let protocol = port.and_then(|at| words.get(at.checked_sub(1)?));
        // A set goes on to its closing brace.
        let port = port.and_then(|at| {
            let rest = &words[at + 1..];
            let set = rest.first()?.starts_with('{');
            let last = if set { rest.iter().position(|word| word.ends_with('}')) } else { Some(0) };
            Some(rest[..=last.unwrap_or(rest.len() - 1)].join(" "))
        });
        self.rules.push(FirewallRule {
            action: action(verdict),
            direction,
            protocol: protocol.map(|word| (*word).to_owned()),
            port,
            from: after("saddr").map(|word| (*word).to_owned()),
            to: after("daddr").map(|word| (*word).to_owned()),
            written: words.join(" "),
            file: file.to_owned(),
        });
    }
}

/// Returns one word for what each program calls differently.
fn action(word: &str) -> String {
    match word.to_ascii_lowercase().as_str() {
        "accept" | "allow" => "allow".to_owned(),
        "drop" | "deny" => "deny".to_owned(),
        other => other.to_owned(),
    }
}

impl Firewall {
    pub(super) fn sentence(&self, language: Language) -> String {
        if self.programs.is_empty() {
            let none = language.choose(
                "No firewall is set up here by ufw, firewalld or nftables.",
                "Hier ist keine Firewall eingerichtet, weder mit ufw noch mit firewalld oder nftables.",
            );
            return none.to_owned();
        }
        let sentences: Vec<String> =
            self.programs.iter().map(|program| program.sentence(language)).collect();
        sentences.join(" ")
    }
}

impl FirewallProgram {
    fn sentence(&self, language: Language) -> String {
        let name = &self.program;
        let state = match (language, self.enabled) {
            (Language::English, true) => {
                format!("The firewall {name} is set to start with the machine")
            }
            (Language::English, false) => {
                format!("The firewall {name} is set up, but not started with the machine")
            }
            (Language::German, true) => format!("Die Firewall {name} startet mit dem Rechner"),
            (Language::German, false) => {
                format!("Die Firewall {name} ist eingerichtet, startet aber nicht mit dem Rechner")
            }
        };
        let rules = match (&self.rules, language) {
            (None, Language::English) => "its rules cannot be read by this user".to_owned(),
            (None, Language::German) => "ihre Regeln darf dieser Benutzer nicht lesen".to_owned(),
            (Some(rules), Language::English) if rules.is_empty() => {
                "it has no rules of its own".to_owned()
            }
            (Some(rules), Language::German) if rules.is_empty() => {
                "eigene Regeln hat sie nicht".to_owned()
            }
            (Some(rules), _) => {
                let mut named: Vec<String> =
                    rules.iter().take(NAMED).map(|rule| rule.phrase(language)).collect();
                if rules.len() > NAMED {
                    let more = rules.len() - NAMED;
                    named.push(match language {
                        Language::English => format!("{more} more"),
                        Language::German => format!("{more} weitere"),
                    });
                }
                let rules = language.choose("its rules", "ihre Regeln");
                format!("{rules}: {}", named.join("; "))
            }
        };
        let default = self.defaults.get("in").map(|policy| match (language, policy.as_str()) {
            (Language::English, "allow") => {
                ", what comes in is allowed unless a rule says otherwise".to_owned()
            }
            (Language::English, policy) => {
                format!(", what comes in and no rule allows is met with \"{policy}\"")
            }
            (Language::German, "allow") => {
                ", was hereinkommt, ist erlaubt, solange keine Regel es verbietet".to_owned()
            }
            (Language::German, policy) => {
                format!(", was hereinkommt und keine Regel erlaubt, trifft auf \"{policy}\"")
            }
        });
        format!("{state}{}; {rules}.", default.unwrap_or_default())
    }
}

impl FirewallRule {
    /// Tells the rule in a few words, such as "allow in 22/tcp from anywhere".
    fn phrase(&self, language: Language) -> String {
        let what = match (&self.port, &self.protocol) {
            (Some(port), Some(protocol)) => format!(" {port}/{protocol}"),
            (Some(port), None) => format!(" {port}"),
            (None, Some(protocol)) => format!(" {protocol}"),
            (None, None) => String::new(),
        };
        let anywhere = language.choose("anywhere", "überall");
        let from = self.from.as_deref().unwrap_or(anywhere);
        let of = language.choose("from", "von");
        format!("{} {}{what} {of} {from}", self.action, self.direction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    fn guarded() -> (Firewall, Vec<String>) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/host/guarded");
        let machine = Machine::at(&root, |_| Err(io::Error::other("not measured")));
        let Found { data, notes } = read(&machine).unwrap();
        (data, notes)
    }

    fn told(program: &FirewallProgram) -> Vec<String> {
        program.rules.iter().flatten().map(|rule| rule.phrase(Language::English)).collect()
    }

    // The defects of the first LadyLinux: policies with key and value changed round, actions of two words cut, a line of dashes
    // read as a rule.
    #[test]
    fn the_rules_of_ufw_are_read_from_where_it_keeps_them() {
        let (firewall, notes) = guarded();
        let ufw = &firewall.programs[0];
        assert!(ufw.enabled && ufw.program == "ufw");
        let default = |way: &str| ufw.defaults[way].as_str();
        assert_eq!((default("in"), default("out"), default("forward")), ("deny", "allow", "deny"));
        assert_eq!(
            told(ufw),
            [
                "allow in 22/tcp from anywhere",
                "limit in 80,443 from 192.168.0.0/16",
                "deny forward udp from anywhere",
                "allow in 22/tcp from anywhere",
            ]
        );
        let rules = ufw.rules.as_ref().unwrap();
        assert_eq!(
            (rules[2].to.as_deref(), rules[3].file.as_str()),
            (Some("10.0.0.1"), "/etc/ufw/user6.rules")
        );
        assert!(notes.iter().any(|note| note.contains("line 12 of")), "{notes:?}");
    }

    #[test]
    fn the_default_zone_of_firewalld_is_read() {
        let (firewall, _) = guarded();
        let firewalld = &firewall.programs[1];
        assert_eq!((firewalld.program.as_str(), firewalld.enabled), ("firewalld", false));
        assert_eq!(firewalld.defaults["in"], "deny");
        assert_eq!(
            told(firewalld),
            [
                "allow in ssh from anywhere",
                "allow in 8000/tcp from anywhere",
                "reject in http from 10.0.0.0/8"
            ]
        );
    }

    #[test]
    fn chains_with_a_hook_are_read_from_the_file_of_nftables() {
        let (firewall, _) = guarded();
        let nftables = &firewall.programs[2];
        assert_eq!(
            (&nftables.defaults["in"], &nftables.defaults["out"]),
            (&"deny".to_owned(), &"allow".to_owned())
        );
        assert_eq!(
            told(nftables),
            [
                "allow in from anywhere",
                "allow in { 22, 8000 }/tcp from @admins",
                "allow in 5353/udp from anywhere",
                "deny in from anywhere",
            ]
        );
        let written = &nftables.rules.as_ref().unwrap()[1].written;
        assert_eq!(written, "tcp dport { 22, 8000 } ip saddr @admins accept");
    }

    #[test]
    fn a_machine_without_one_is_told_so_and_the_file_that_comes_with_nftables_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let machine = Machine::at(folder.path(), |_| Err(io::Error::other("not measured")));
        assert!(read(&machine).unwrap().data.programs.is_empty());
        std::fs::create_dir(folder.path().join("etc")).unwrap();
        let plain = "flush ruleset\ntable inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter;\n\t}\n}\n";
        std::fs::write(folder.path().join("etc/nftables.conf"), plain).unwrap();
        let none = read(&machine).unwrap().data;
        assert!(none.programs.is_empty());
        assert!(none.sentence(Language::English).starts_with("No firewall"));
    }

    #[test]
    fn the_sentence_names_the_first_rules_and_counts_the_others() {
        let (firewall, _) = guarded();
        let sentence = firewall.programs[0].sentence(Language::English);
        assert!(sentence.contains("start with the machine, what comes in"), "{sentence}");
        assert!(sentence.ends_with("allow in 22/tcp from anywhere."), "{sentence}");
        let mut long = firewall.programs[0].clone();
        long.rules = Some(vec![FirewallRule::default(); 9]);
        assert!(long.sentence(Language::German).ends_with("3 weitere."));
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_file_is_read_without_a_panic(text in "(\\PC|\n|[{};#]|table |chain |type filter hook input; |tcp dport |accept ){0,60}") {
            let _ruleset = Ruleset::read(&text, "x");
            let (mut rules, mut notes) = (Vec::new(), Vec::new());
            tuples(&Text::of("x", &format!("### tuple ### {text}")), "x", &mut rules, &mut notes);
            let _zone = zone_of(&text, "x");
        }
    }
}
