//! What people say about themselves, others and permissions, and to the node about itself, in English.
//! The form of a pattern is told in [`super::pattern`]. Earlier patterns win, so the narrow ones stand first.

mod loose;
mod permissions;
mod preferences;
mod presence;
mod talk;

use super::pattern::Row;
pub(super) use loose::{GLUE, LOOSE, STOPPERS};

/// Parts that many patterns share.
pub(super) const MACROS: &[(&str, &str)] = &[
    (
        "ask",
        "(you can|you may|you should|you could|could you|can you|would you|will you|i want you to|i would like you to|\
      i would like it if you|i would love it if you|i would prefer it if you|i would prefer you to|i prefer you to|\
      i need you to|it would be nice if you could|feel free to|from now on|do|remember to)",
    ),
    (
        "always",
        "[from now on|from here on|in future|in the future|instead|always|today|from today on|for the future|when you talk to me|\
      when talking to me|when you speak to me|when speaking to me|from this point on|going forward|if you can|for now]",
    ),
    ("my", "(my|our|his|her|the|a|an|their|another)"),
    (
        "kin",
        "([best|new|good|old|little|big|older|younger|dear] (brother|sister|mother|mum|mom|mummy|dad|daddy|father|son|daughter|\
      wife|husband|partner|girlfriend|boyfriend|fiance|friend|neighbour|neighbor|colleague|coworker|boss|flatmate|\
      roommate|housemate|cousin|aunt|uncle|grandma|granny|grandmother|grandpa|grandfather|grandson|granddaughter|\
      nephew|niece|guest|visitor|kid|child|landlord|babysitter|nanny|carer|nurse|teacher|plumber|doctor|stepson|\
      stepdaughter|stepfather|stepmother|twin|mate|pal|classmate|tenant|assistant|person|man|woman|girl|boy|guy|\
      guests|visitors|friends|parents|kids|children|neighbours|neighbors|people|in law|brother in law|sister in law|\
      mother in law|father in law))",
    ),
    (
        "stranger",
        "(someone [new|else]|somebody [new|else]|another person|one more person|a new person|a person|people|\
      visitors|guests|some guests|some people|a stranger|a new face|a new participant|new people|$my [$my] $kin)",
    ),
    ("who", "({name}|$my $kin {name}|{name} $my $kin|$stranger)"),
    ("has", "(has|have|+s|is|had)"),
    (
        "beside",
        "(with me|next to me|beside me|by my side|at my side|near me|opposite me|across from me|to my left|\
      to my right|on my left|on my right|behind me|in front of me|in the room [with me|with us]|with us|over there|\
      over here|at the table|on the sofa|on the couch)",
    ),
    (
        "arrived",
        "(arrived|come in|come home|come back|come over|come by|come round|come to visit [us|me]|come to join us|\
      come to see us|come into the (room|kitchen|house)|come through the door|walked in|walked into the (room|house)|\
      walked through the door|joined [us|me|the conversation|the room|the party|the table|the chat]|\
      entered [the (room|house|conversation)]|turned up|shown up|got here|gotten here|got home|got back|stepped in|\
      stepped into the room|stopped by|dropped by|dropped in|popped in|popped by|appeared|returned|made it)",
    ),
    (
        "arrives",
        "(arrived|came in|came home|came back|came over|came by|came round|came to visit [us|me]|came to join us|\
      came into the (room|kitchen|house)|came through the door|walked in|walked into the (room|house)|\
      walked through the door|joined [us|me|the conversation|the room|the table|the chat]|\
      entered [the (room|house|conversation)]|turned up|showed up|got here|got home|got back|stepped in|\
      stepped into the room|stopped by|dropped by|dropped in|popped in|popped by|appeared|returned|made it)",
    ),
    (
        "gone",
        "(left [us|the room|the house|the building|the conversation|the party|for home|for the day|for work|already]|\
      gone [home|away|out|to bed|to sleep|upstairs|to work|off|too|back home]|gone out of the room|walked out|\
      driven home|driven off|driven away|headed home|headed out|stepped out|departed|taken off|popped out|logged off|\
      moved out|run off|said goodbye [and left])",
    ),
    (
        "went",
        "(left [us|the room|the house|the building|the conversation|the party|for home|for the day|for work]|\
      went (home|away|out|to bed|to sleep|upstairs|off|back home)|went out of the room|walked out [of the room]|\
      drove (home|off|away)|headed (home|out|off)|stepped out|departed|took off|popped out|logged off|said goodbye [and left]|\
      had to (go|leave) [home]|is leaving|is off|is out)",
    ),
    (
        "leaver",
        "($who|he|she|they|both|the others|the other person|the other one|all of them|both of them|everyone|everybody|\
      all the guests|all guests|all our guests)",
    ),
    (
        "here",
        "[here|in here|around|in the room|in this room|in the house|at home|with me|with us|present|listening|there|left|home]",
    ),
    (
        "but",
        "[but me|but us|except me|except us|except for me|except for us|besides me|besides us|apart from me|apart from us|\
      other than me|other than us|but you and me|any more|anymore|but the two of us]",
    ),
    (
        "perm",
        "([all] [of] [the|a|my|his|her|their|any] (permission|permissions|right|rights|access|authorisation|authorization|control|\
      privileges|privilege|authority|delegation|delegations|clearance))",
    ),
    ("for", "(for|to|over|of|on|to use|to control|regarding)"),
    (
        "may",
        "(may|can|could|is allowed to|are allowed to|is permitted to|is authorised to|is authorized to|is free to|\
      has [my] permission to|gets to|is welcome to|has the right to|should be able to|should be allowed to|\
      shall be able to|will be allowed to|is to be allowed to|has my okay to)",
    ),
    (
        "maynot",
        "(may no longer|can no longer|may not|can not|could not|is no longer allowed to|is not allowed to|is no longer permitted to|\
      is not permitted to|should no longer|must no longer|must not|should not|shall not|no longer may|shall no longer|\
      should no longer be allowed to|should not be allowed to|should not be able to|is no longer authorised to|\
      is no longer authorized to|no longer has [my] permission to|has no permission to|is forbidden to)",
    ),
    ("more", "[any more|anymore|any longer|from now on|at all|again|ever again|after all]"),
    (
        "allow",
        "(allow|permit|authorise|authorize|let|enable|i allow|i permit|i authorise|i authorize|i am allowing|i want to allow|\
      i would like to allow|i will let|i am letting)",
    ),
    (
        "give",
        "(give|grant|i give|i grant|i am giving|i am granting|i want to give|i would like to give|i hereby give|i hereby grant|\
      i want to grant)",
    ),
    ("tell", "(tell|give|show|reveal to|share with|let|disclose to|pass on to|mention to)"),
    (
        "telldata",
        "(tell|give|show|share|reveal|disclose|pass on|pass|mention|hand over|communicate)",
    ),
    (
        "know",
        "(know|see|hear|learn|find out|get|have|be told|access|read|know about|see what|be shown|be given)",
    ),
    (
        "kept",
        "(stored|saved|recorded|remembered|kept|noted|collected|on file|learned|written down|on record|got|gathered)",
    ),
    (
        "earlier",
        "[before|earlier|previously|ago|a minute ago|a moment ago|a few minutes ago|a while ago|last|first|just before|\
      before that|at the beginning|at the start|in this conversation|in the beginning|earlier on|earlier today|so far|\
      a second ago|last time|the last time|two minutes ago|a little while ago|before this]",
    ),
    ("bday", "(birthday|birth date|birthdate|date of birth|bday|day of birth)"),
];

/// Everything with free words, in English; earlier rows win.
pub(super) const ROWS: [&[Row]; 4] =
    [talk::ROWS, presence::ROWS, preferences::ROWS, permissions::ROWS];
