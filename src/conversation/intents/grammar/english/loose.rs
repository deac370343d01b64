//! What may be said loosely, in English; the form is told in [`super::super::loose`].

use super::super::{super::Intent, loose::Written};

/// Words that mean nothing for what is said.
pub(in super::super) const GLUE: &str = "the a an my our me i you we us your he she they him her them his their it its that this these those there here \
    please to of for with and is are am be been being was were has have had will would shall should can could may might do does now just \
    also too so then by from in on at as any more again all some one out up over about into +s got get back really only very right ok \
    okay everything thing things stuff own today everyone who";

/// Words that make a question, a condition, a report or a supposition of a sentence.
pub(in super::super) const STOPPERS: &str = "if when whenever unless until till after before because while once said says say told claims claimed thinks thought asked asks \
    wonder why how what where which whose whether wrote writes wants supposed heard imagine suppose pretend joking maybe perhaps \
    tomorrow yesterday later tonight next does did think believe guess dream dreamt hope remember true bet circumstances shouting shouted unlike kept film movie book novel song_called";

const DENIES: &str = "not no never nothing longer without cannot revoke cancel remove withdraw strip pull lose loses stop rescind forbid \
    ban bar block prevent undo terminate retract deny denied revoked cancelled canceled withdrawn removed anymore";
const CONTROL: &str = "control controls controlling use uses operate permission permissions right rights access allowed allow permit permitted \
    authorise authorised authorize authorized handle manage grant granted give given gets work run turn switch adjust privileges \
    privilege clearance authority charge look play touch drive hour minutes";
const KNOW: &str = "tell tells telling know knows knowing see sees seeing hear hears learn learns learning give gives giving share shares sharing show showing reveal \
    disclose pass release get gets find told shown consent permission allowed may okay agree agreed allow let permit have fine mind happy \
    objection consented granted given withdrawn revealed disclosed shared mention";

/// Narrow sentences stand before wide ones.
pub(in super::super) const LOOSE: &[Written] = &[
    Written {
        intent: Intent::RevokeConsent,
        needs: &[
            "not no never longer stop revoke withdraw cancel retract rescind undo withdrawn revoked cancelled secret keep anymore",
            KNOW,
            "{data}",
            "{person}",
        ],
        also: "any longer more from now on what after all anymore him her them release business secret keep today back take",
        slots: &["data", "person"],
        never: "light lights music robot alarm objection mind",
    },
    Written {
        intent: Intent::RevokeConsent,
        needs: &[
            "revoke withdraw cancel retract rescind undo withdrawn revoked cancelled end take back no longer nothing not",
            "consent consents anything nothing mine",
            "{person}",
        ],
        also: "any longer more from now on all gave given granted every know knows share tell tells reveal about mine take back me myself today anymore",
        slots: &["data", "person"],
        never: "light lights music robot alarm stored",
    },
    Written {
        intent: Intent::GrantConsent,
        needs: &[KNOW, "{data}", "{person}"],
        also: "from now on free feel go ahead with by learn want like what hereby welcome problem fine",
        slots: &["data", "person"],
        never: "never longer stop revoke withdraw cancel retract anymore withdrawn without secret keep do_not call",
    },
    Written {
        intent: Intent::RevokePermission,
        needs: &[DENIES, "{person}", "{group}"],
        also: "control controls controlling use uses operate operating permission permissions right rights access allowed allow able permit permitted \
               authorise authorised handle manage may must play touch drive any longer more from now on away hereby let wish anymore immediately every",
        slots: &["group", "person"],
        never: "",
    },
    Written {
        intent: Intent::RevokePermission,
        needs: &[
            "revoke cancel remove withdraw strip pull take rescind end terminate delete retract loses lose drop",
            "permission permissions right rights access allowed privileges authority everything clearance delegation",
            "{person}",
        ],
        also: "all every any away back of from has had given granted do may immediately control was whatever anything i gave",
        slots: &["group", "person"],
        never: "",
    },
    Written {
        intent: Intent::RevokePermission,
        needs: &["take pull", "{group}", "away from", "{person}"],
        also: "control access rights",
        slots: &["group", "person"],
        never: "",
    },
    Written {
        intent: Intent::RequestPermission,
        needs: &[
            "i me",
            "permission permissions allowed access rights permit requesting request allow authorisation clearance let letting",
            "{group}",
        ],
        also: "can could may might need like want have get ask for to play pick choose be give grant how about use control operate drive would love am \
               requesting able do drive handle one does us do little while",
        slots: &["group", "duration"],
        never: "not never longer revoke cancel withdraw he she they his",
    },
    Written {
        intent: Intent::GrantPermission,
        needs: &[CONTROL, "{group}", "{person}"],
        also: "from now on look after free can may let next hereby full trust put hand delegate owner child children my whole within during able that",
        slots: &["group", "duration", "person"],
        never: "not no never longer revoke cancel remove withdraw strip pull lose loses stop without cannot forbid ban call owner me rid disable delete undo",
    },
    Written {
        intent: Intent::GrantPermission,
        needs: &["gets has granted grant give let can may trust", "{group}", "{person}"],
        also: "from now on permission access rights control",
        slots: &["group", "duration", "person"],
        never: "not no never longer revoke cancel remove withdraw strip pull lose loses stop without cannot forbid ban me been rid disable delete undo",
    },
    // Preferences
    Written {
        intent: Intent::SetLanguage,
        needs: &[
            "speak talk answer reply respond write converse chat language switch change use continue output communicate speaking talking answering \
             replies answers prefer set from preferred",
            "{language}",
        ],
        also: "only want need like prefer would rather better understand let could better default preference instead always now on here future must with other \
               me to in into only that no more",
        slots: &["language"],
        never: "not never nor translate he she they him paper document letter text word words french spanish italian how said do",
    },
    Written {
        intent: Intent::SetFormOfAddress,
        needs: &[
            "address addressed addressing form forms pronoun pronouns treat treated speak speaking talk talking refer gender call grammar",
            "{form}",
        ],
        also: "like as want prefer use using would must for when you me myself language wording grammatical set change neutral way am be",
        slots: &["form"],
        never: "not never he_is",
    },
    Written {
        intent: Intent::SetBirthdate,
        needs: &["birthday birthdate born dob birth bday", "{date}"],
        also: "date of day save store note write record put set down remember year world the enter update change is mine keep mind correct wrong actually \
               came please my register in profile",
        slots: &["date"],
        never: "his her he she they their +s was_he president not",
    },
    Written {
        intent: Intent::SetPreferredName,
        needs: &["nickname call called preferred", "me my i", "{name}"],
        also: "preferred use store save set from now on prefer like want rather friends for when you talk to be just that one please instead simply \
               always everybody everyone people family hereby note must short known as speak",
        slots: &["name"],
        never: "not never is_not your brother sister mother father son daughter wife husband friend legal back taxi police he she they he his they \
                colleague first full real am brother_is later who beside next",
    },
    // Who is here
    Written {
        intent: Intent::ParticipantLeft,
        needs: &["left gone leaving goodbye departed went bye popped toddled", "{name}"],
        also: "has have just already home away out off said good +s the room us house now they said no longer is not here he she headed to bed work upstairs \
               minute ago second moment building again conversation today both had must_go",
        slots: &["name"],
        never: "i my_keys office_left turn light disk space side me some only",
    },
    Written {
        intent: Intent::NewParticipantArrived,
        needs: &[
            "arrived joined entered came arrival shown turned showed coming dropped walked stepped popped appeared company newcomer",
        ],
        also: "new participant person has have just now in into the room us conversation home back house here someone somebody another visitor guest more \
               a one up he she we by through door also as of second minute moment ago around over party chat people colleague brother sister friend \
               neighbour mother father son daughter wife husband mum dad my got else two visitors guests plus with",
        slots: &["name"],
        never: "left gone not never light music i update error mail volume nobody lights you from off out",
    },
    Written {
        intent: Intent::WeAreAlone,
        needs: &["alone nobody empty only myself ourselves noone no private", "me us we i"],
        also: "no one person people else other others is in the room here but except left gone everyone everybody all just you and by my on our own there \
               remaining now present has have left with us around house quite again completely finally two apart besides it's anybody",
        slots: &[],
        never: "may want light control need leave like never feel feeling feels could",
    },
    Written {
        intent: Intent::IdentifyOther,
        needs: &[
            "this that here next beside introduce meet sitting standing present his her with him she he opposite across visiting",
            "brother sister mother mum mom dad father son daughter wife husband partner girlfriend boyfriend friend neighbour neighbor colleague \
             coworker boss flatmate roommate cousin aunt uncle grandma grandpa grandson granddaughter nephew niece guest visitor kid child man woman girl \
             boy guy lady gentleman person next beside sitting standing introduce meet grandmother grandfather opposite",
            "{name}",
        ],
        also: KIN_ALSO,
        slots: &["name"],
        never: "left gone arrived joined came not never light permission may can allowed tell call calls birthday born",
    },
];

const KIN_ALSO: &str = "brother sister mother mum mom dad father son daughter wife husband partner girlfriend boyfriend friend neighbour neighbor colleague \
    called named name old new best little big older younger to next beside sitting standing right side left_of me us you introduce meet like want would \
    let may visiting with in the room too hello say hi who hungry wave waves today table sofa couch institute work school";
