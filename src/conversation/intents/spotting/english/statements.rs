//! What the statements about people are known by in English.

use super::super::{
    super::Intent::{
        GrantConsent, GrantPermission, IdentifyOther, IdentifySelf, NewParticipantArrived,
        ParticipantLeft, RequestPermission, RevokeConsent, RevokePermission, SetBirthdate,
        SetFormOfAddress, SetLanguage, SetPreferredName, WeAreAlone,
    },
    Written, spot,
};

const MAY: &str = "may can allow* let permit* permission* right rights access control* give* gets grant* free trust* authori* decid* charge entitled use uses \
    ok okay fine welcome handle* manage operate run look power revoke* withdraw* pull* able operate";
const NOT: &str = "not no never longer anymore revoke* withdraw* cancel* remove* take strip* lost loses lose forbid* ban* stop* block* deny denied end rescind* \
    retract* undo secret without prevent bar pull* terminat*";
const KNOW: &str = "tell* told know* learn* hear* see sees seeing show* reveal* share* disclose* pass give gets get find* inform* mention* consent* say release* have";

/// Narrow sentences stand before wide ones.
pub(super) const STATEMENTS: &[Written] = &[
    spot(
        RevokeConsent,
        &[&["{person}"], &["{data}"], &[NOT], &[KNOW, "keep consent"]],
        "mind objection music light robot alarm",
        &["person", "data"],
    ),
    spot(
        RevokeConsent,
        &[
            &["{person}"],
            &["revoke* withdraw* cancel* rescind* retract* take undo stop* no not nothing longer"],
            &["consent* about of"],
            &["consent* anything nothing tell* me"],
        ],
        "mind objection",
        &["person"],
    ),
    spot(
        RevokeConsent,
        &[
            &["{person}"],
            &["stop* no not never"],
            &["shar* tell* pass* giv* show*"],
            &["data information anything"],
        ],
        "mind objection light* music",
        &["person"],
    ),
    spot(
        GrantConsent,
        &[&["{person}"], &["{data}"], &[KNOW], &["my i me mine"]],
        "revoke* withdraw* stop secret without says",
        &["person", "data"],
    ),
    spot(
        GrantPermission,
        &[&["{person}"], &["{group}"], &[MAY]],
        "pull* revoke* withdraw* cancel* remove* strip* lost loses forbid* ban stop* without says said told",
        &["duration", "person", "group"],
    ),
    spot(
        RevokePermission,
        &[&["{person}"], &["{group}"], &[NOT], &[MAY, "touch drive play turn switch"]],
        "says said would",
        &["person", "group"],
    ),
    spot(
        RevokePermission,
        &[
            &["{person}"],
            &[
                "revoke* withdraw* cancel* remove* take strip* lost loses lose rescind* end terminat* no",
            ],
            &["permission* right rights access privilege* allowed may everything"],
        ],
        "says said",
        &["person"],
    ),
    spot(
        RequestPermission,
        &[
            &["{group}"],
            &["i me we us requesting request"],
            &[
                "may can could permission* allow* let ok okay possible charge access permit* requesting",
            ],
        ],
        "never revoke* how he she they says said call",
        &["group"],
    ),
    spot(
        IdentifySelf,
        &[&["{name}"], &["my"], &["name"], &["is"]],
        "for legal not friend*",
        &["name"],
    ),
    // Preferences
    spot(
        SetFormOfAddress,
        &[
            &["{form}"],
            &[
                "address* adress* treat* form forms word* pronoun* refer gender neutral masculine feminine grammar",
            ],
            &["me i my myself for #short"],
        ],
        "says",
        &["form"],
    ),
    spot(
        SetFormOfAddress,
        &[&["{form}"], &["call speak talk"], &["as like"], &["me"]],
        "",
        &["form"],
    ),
    spot(
        SetLanguage,
        &[
            &["{language}"],
            &[
                "speak* talk* answer* repl* respond* switch* language converse back continue write use change prefer* understand communicat* chat output reply #short",
            ],
            &["me us please you let i want from now to #short"],
        ],
        "document letter translate text word he she says said her his not",
        &["language"],
    ),
    spot(
        SetBirthdate,
        &[
            &["{date}"],
            &["birthday birthdate born birth bday dob"],
            &["my i me mine date store #short"],
        ],
        "his her their he she brother sister mother father son daughter husband wife friend* mum dad grand*",
        &["date"],
    ),
    spot(
        SetPreferredName,
        &[
            &["{name}"],
            &[
                "call* nickname* say says said prefer* address* known know go refer stick use store save",
            ],
            &["me i my preferred nickname"],
        ],
        "next beside sitting standing legal she he his taxi police back his her mother father brother sister",
        &["name"],
    ),
    spot(SetPreferredName, &[&["{name}"], &["you"], &["for"], &["i"]], "", &["name"]),
    spot(SetPreferredName, &[&["{name}"], &["name"], &["for"], &["you me"]], "legal", &["name"]),
    // Who is here
    spot(
        WeAreAlone,
        &[&["own"], &["on"], &["i we"], &["here am are now"]],
        "want may can light",
        &[],
    ),
    spot(WeAreAlone, &[&["by"], &["myself ourselves"]], "did do", &[]),
    spot(
        WeAreAlone,
        &[&["alone"], &["i we me us just"]],
        "left_alone leave feel feeling never want not",
        &[],
    ),
    spot(
        WeAreAlone,
        &[
            &["nobody noone anyone soul else everyone everybody others empty only other no"],
            &["me myself us only you"],
            &["here room house left gone home around present else apart remaining company"],
        ],
        "want may can light music left_to visitor guest coming more person new extra plus arrived came",
        &[],
    ),
    spot(
        ParticipantLeft,
        &[
            &["{name}"],
            &[
                "left gone leaving goodbye departed went bye going headed off drove no popped go not",
            ],
        ],
        "light music mail update",
        &["name"],
    ),
    spot(
        ParticipantLeft,
        &[
            &["left gone leaving departed cleared went"],
            &[
                "visitor* guest* everyone everybody they he she friend* company people colleague* neighbour* sister brother mother father mum mom dad uncle aunt cousin grand* plumber electrician landlord nurse cleaner carer son daughter wife husband",
            ],
        ],
        "light music mail i turn job",
        &[],
    ),
    spot(
        NewParticipantArrived,
        &[
            &["{name}"],
            &[
                "arriv* came come joined join entered showed turned dropped walked stepped popped stopped back",
            ],
        ],
        "left gone light music mail says off out always often usually late",
        &["name"],
    ),
    spot(
        IdentifyOther,
        &[
            &["{name}"],
            &[
                "with beside next introduce meet sitting standing visiting here this that hello hi over",
            ],
        ],
        "left gone arrived joined i_am speaking talking",
        &["name"],
    ),
    spot(
        NewParticipantArrived,
        &[
            &[
                "visitor* guest* newcomer* company someone somebody person people friend* neighbour* colleague* another one sister brother mother father mum mom dad uncle aunt cousin grand* plumber electrician landlord nurse cleaner carer son daughter wife husband",
            ],
            &[
                "arriv* came come coming joined join entered got more plus additional new walked stepped here has another have extra dropped",
            ],
            &["room here us we just now door house in i"],
        ],
        "left gone light music mail always often usually late language leaving alone only",
        &[],
    ),
    spot(
        IdentifySelf,
        &[&["{name}"], &["i my it me this speaking talking here"]],
        "friend brother sister mother father his her he she next",
        &["name"],
    ),
];
