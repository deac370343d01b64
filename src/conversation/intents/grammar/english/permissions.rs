//! Who may know what, and who may do what, in English.

use super::super::{super::Intent, pattern::Row};

/// Narrow sentences stand before wide ones.
pub(super) const ROWS: &[Row] = &[
    // Consent comes before permission: it names what may be told.
    (
        Intent::RevokeConsent,
        "[$ask] (do not|never|stop|do no longer|not) ($tell|telling|sharing with|giving|showing|letting) {person} [$know] {data} $more",
    ),
    (
        Intent::RevokeConsent,
        "[$ask] (do not|never|stop|do no longer|not) ($telldata|telling|sharing|giving|showing|passing on|revealing|disclosing) {data} (to|with) {person} $more",
    ),
    (Intent::RevokeConsent, "[$always] you $maynot $tell {person} [$know] {data} $more"),
    (Intent::RevokeConsent, "[$always] you $maynot $telldata {data} (to|with) {person} $more"),
    (
        Intent::RevokeConsent,
        "[$always] you are (no longer|not) (allowed|permitted) to ($tell {person}|$telldata {data} (to|with) {person}) [{data}] $more",
    ),
    (Intent::RevokeConsent, "[$always] i do not (want|allow) you [to] $tell {person} {data} $more"),
    (Intent::RevokeConsent, "[$always] {person} $maynot $know {data} $more"),
    (
        Intent::RevokeConsent,
        "i (do not want|no longer want|no longer allow|do not allow|no longer permit) {person} to $know {data} $more",
    ),
    (
        Intent::RevokeConsent,
        "i no longer (consent|agree) to (you telling {person}|{person} (knowing|seeing|learning|hearing)) {data}",
    ),
    (
        Intent::RevokeConsent,
        "i no longer want you to ($tell {person} {data}|$telldata {data} (to|with) {person})",
    ),
    (
        Intent::RevokeConsent,
        "[i] [want to|would like to|hereby|$ask] (take back|withdraw|revoke|cancel|retract|take away) (my|the|all|all my) (consent|consents|permission to (tell|share|know)) [for|to|from|given to|towards|regarding|of|that] {person} [knows|knowing|being told|being told about|to $know|(about|on|regarding|for|concerning) | to know] [{data}]",
    ),
    (
        Intent::RevokeConsent,
        "[i] [want to|would like to|hereby|$ask] (take back|withdraw|revoke|cancel|retract) (my|the) consent (to|for|about|on|regarding|concerning) [share|sharing|tell|telling|give|giving|share with|telling about] {data} [being shared] (to|with|for|from|towards) {person}",
    ),
    (
        Intent::RevokeConsent,
        "[i] [want to|would like to|hereby|$ask] (take back|withdraw|revoke|cancel|retract) (my|the) consent (to|for|about|that you|to you) ($tell|telling|sharing with) {person} {data}",
    ),
    (
        Intent::RevokeConsent,
        "(revoke|withdraw|cancel) {person} +s consent [for|to|about] [know|see] [{data}]",
    ),
    (
        Intent::RevokeConsent,
        "keep {data} (from|secret from|hidden from) {person} [from now on|again]",
    ),
    (
        Intent::RevokeConsent,
        "{data} is (no longer [meant] for {person}|none of {person} +s business)",
    ),
    (
        Intent::GrantConsent,
        "[i think|from now on] you (may|can|are allowed to|could|are free to|have my (permission|consent|okay) to|are welcome to|are permitted to) ($tell {person} [$know] {data}|$telldata {data} (to|with) {person}) [from now on|if asked|if (he|she|they) (ask|asks)]",
    ),
    (
        Intent::GrantConsent,
        "(it is|i am|that is|it would be|i would be) [perfectly|totally|absolutely] (fine|ok|okay|alright|all right|happy|good|no problem|cool) [with me|by me|with] (if|for|that|when) {person} [to] (knows|know|sees|see|hears|hear|learns|learn|gets|get|finds out|has|gets to know|to know|to see) {data}",
    ),
    (
        Intent::GrantConsent,
        "(it is|i am|that is) [perfectly|totally|absolutely] (fine|ok|okay|alright|all right|happy|no problem) [with me|by me|with] (if|for|that|when|with) you [to] (tell|telling|share|sharing|give|giving|show|showing) ({person} {data}|{data} (to|with) {person})",
    ),
    (
        Intent::GrantConsent,
        "[i] [hereby] (allow|permit|authorise|authorize|let|give you permission|give you my consent|give you consent|give consent|agree|consent|i consent|i agree|am fine|give my consent|give you my permission|want you|would like you) [for] [you] [to|that you] ($tell|telling|sharing with|be able to tell|may tell) {person} [$know] {data}",
    ),
    (
        Intent::GrantConsent,
        "[i] [hereby] (allow|permit|authorise|authorize|let|give you permission|give you my consent|give consent|agree|consent|am fine|give my consent|give you my permission|want you|would like you) [for] [you] [to|that you] ($telldata|telling|sharing|passing on|giving) {data} [being shared] (to|with) {person}",
    ),
    (Intent::GrantConsent, "[$ask] $allow {person} [to] $know {data}"),
    (
        Intent::GrantConsent,
        "{person} (may|can|is allowed to|is permitted to|should|could|has my (permission|consent) to|is welcome to|gets to|should be allowed to) $know {data}",
    ),
    (
        Intent::GrantConsent,
        "i (consent|agree|have no objection|do not mind) (to|if|with) {person} (knowing|seeing|learning|hearing|knows|being told|having|to know) {data}",
    ),
    (Intent::GrantConsent, "[$ask] share {data} with {person}"),
    (
        Intent::GrantConsent,
        "(feel free to|go ahead and|no problem|you may) ($tell {person} {data}|$telldata {data} (to|with) {person})",
    ),
    (
        Intent::GrantConsent,
        "$give {person} [my] consent (to|for|to know|to see|on|about) [$know] {data}",
    ),
    (
        Intent::GrantConsent,
        "{data} (may|can) be (shared with|told to|given to|shown to|disclosed to) {person}",
    ),
    // Permissions
    (Intent::RevokePermission, "[$always] {person} $maynot {group} $more"),
    (
        Intent::RevokePermission,
        "[$always] {person} (is no longer|is not|no longer is) (allowed|permitted) [to|near] {group} $more",
    ),
    (
        Intent::RevokePermission,
        "[$always] {person} (no longer has|has no|does not have|loses|should lose|shall lose) [any|more] $perm [$for {group}] $more",
    ),
    (
        Intent::RevokePermission,
        "[i] [$ask|want to|would like to|hereby] (take away|take back|revoke|withdraw|remove|cancel|end|delete|rescind|stop) [all|all of|the] ({person} +s|{owner}) [{group}] $perm [$for {group}] [away|again|immediately]",
    ),
    (
        Intent::RevokePermission,
        "[i] [$ask|want to|would like to|hereby] (take|take away|take back|revoke|withdraw|remove|cancel|end|delete|rescind) [{group}] $perm [$for {group}] [away|back] (from|of|for|given to|granted to) {person} [away|again]",
    ),
    (
        Intent::RevokePermission,
        "[i] [$ask|want to|would like to|hereby] (revoke|withdraw|cancel|remove|end|take back|take away) [all] (everything|what|all) {person} (may do|is allowed to do|was allowed to do|can do)",
    ),
    (Intent::RevokePermission, "{person} $maynot do (anything|any thing) $more"),
    (Intent::RevokePermission, "[$ask] (strip|deprive) {person} of [all] $perm [$for {group}]"),
    (
        Intent::RevokePermission,
        "[$ask] (do not|stop|never) (let|letting|allow|allowing) {person} [to] {group} $more",
    ),
    (
        Intent::RevokePermission,
        "[$ask] (stop|keep|ban|bar|prevent|block) {person} from {group} $more",
    ),
    (
        Intent::RevokePermission,
        "i (no longer|do not) (allow|permit|want) {person} to {group} $more",
    ),
    (Intent::RevokePermission, "[i] [$ask] (forbid|i forbid) {person} [to|from] {group}"),
    (
        Intent::RevokePermission,
        "{person} +s [{group}] $perm [$for {group}] (is|are) (revoked|cancelled|canceled|over|withdrawn|gone)",
    ),
    (
        Intent::RevokePermission,
        "[$ask] (take|remove|withdraw|lock) {group} [away] from {person} [again]",
    ),
    (Intent::RevokePermission, "[$ask] lock {person} out of {group}"),
    (Intent::RequestPermission, "(may|can|could|might) i [also|perhaps|too|ever] {group}"),
    (
        Intent::RequestPermission,
        "[$ask] (am i|would i be) (allowed|permitted|authorised|authorized) to {group}",
    ),
    (
        Intent::RequestPermission,
        "(can|could|may|might|how do) i [please] (get|have|be given|be granted|ask for|receive|request|obtain|gain) $perm $for {group}",
    ),
    (
        Intent::RequestPermission,
        "i (would like|want|need|ask for|request|am asking for|would love|would like to have|would like to get|would like to ask for|want to ask for|am requesting|would like to request|wish for|want to have|require) [to have|to get|to be given|to be granted|to ask for] $perm $for {group}",
    ),
    (
        Intent::RequestPermission,
        "i (would like|want|need|ask|would love) to be (allowed|permitted|able) to {group}",
    ),
    (Intent::RequestPermission, "[$ask] (give|grant|get) me $perm $for {group}"),
    (Intent::RequestPermission, "[$ask] (let|allow|permit) me [to] {group}"),
    (
        Intent::RequestPermission,
        "(would it be|is it|will it be) (ok|okay|alright|all right|fine|possible|allowed) (if i|for me to) {group}",
    ),
    (Intent::RequestPermission, "(do|would) you mind if i {group}"),
    (Intent::RequestPermission, "$perm $for {group}"),
    (Intent::RequestPermission, "do i have $perm $for {group}"),
    (Intent::GrantPermission, "[$always] {person} $may {group} [too|as well|$always]"),
    (Intent::GrantPermission, "[$ask] $allow {person} [to] {group} [too|as well]"),
    (Intent::GrantPermission, "[$ask] $give {person} [{group}] $perm [$for {group}]"),
    (Intent::GrantPermission, "[$ask] $give [{group}] $perm [$for {group}] to {person}"),
    (
        Intent::GrantPermission,
        "i (want|would like) {person} to (be able to|be allowed to|have $perm $for|have the right to|) {group}",
    ),
    (
        Intent::GrantPermission,
        "{person} (has|gets|shall have|should have|should get|is given|shall get) [my] $perm $for {group}",
    ),
    (
        Intent::GrantPermission,
        "{person} is [hereby] (in charge of|responsible for|trusted with|authorised for|allowed near) {group}",
    ),
    (
        Intent::GrantPermission,
        "(it is|that is|i am) (ok|okay|fine|alright|all right) [with me] (if|for|with) {person} [to] {group}",
    ),
    (
        Intent::GrantPermission,
        "[$ask|i want to|i would like to|i] (delegate|hand over|hand|transfer|pass) [control of] {group} [over] to {person}",
    ),
    (Intent::GrantPermission, "[$ask] put {person} in charge of {group}"),
    (Intent::GrantPermission, "[$ask] (trust|entrust) {person} with {group}"),
];
