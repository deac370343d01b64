//! A household over HTTP: an owner, a guest and a child, each with a token, and a webhook that counts what it is told.

use crate::api::{
    app::App,
    router,
    server::Peer,
    tokens::{self, Scope},
};
use crate::foundation::{audit, settings::Webhook, values::time};
use crate::people::{self, NewPerson};
use crate::policy::{Role, profile_update::Field};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
    routing::post,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tempfile::TempDir;
use tower::ServiceExt;

/// By webhook, so that there is somebody who can be asked.
const COMMANDS: &str = r#"
[roles.operator]
groups = ["home_automation"]
[commands.open_garage]
executor = "webhook"
[commands.turn_on_light]
executor = "webhook"
[commands.disable_service]
executor = "webhook"
"#;

struct House {
    app: App,
    router: Router,
    done: Arc<AtomicUsize>,
    language: &'static str,
    _root: TempDir,
}

impl House {
    async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let done = Arc::new(AtomicUsize::new(0));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let count = Arc::clone(&done);
        let hook = post(async move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let server = axum::serve(listener, Router::new().route("/", hook));
        tokio::spawn(server.into_future());
        let app = App::told(root.path(), |settings| {
            fs::create_dir_all(&settings.paths.config).unwrap();
            fs::write(settings.paths.config.join("commands.toml"), COMMANDS).unwrap();
            settings.commands.webhook = Some(Webhook { url, secret_file: None });
        });
        let router = router::router(app.clone());
        Self { app, router, done, language: "en", _root: root }
    }

    /// Enters somebody, and returns a token of theirs.
    async fn person(&self, name: &str, role: Role, birthdate: Option<&str>) -> String {
        let household = self.app.node.conversations.household();
        let now = time::now();
        let mut fields = BTreeMap::new();
        fields.extend(birthdate.map(|day| (Field::Birthdate, day.to_owned())));
        let adult = birthdate.is_none();
        let new = NewPerson { name: name.parse().unwrap(), role, adult, fields };
        let person = household.people().create(new, (now, people::day(now))).await.unwrap();
        let scopes = [Scope::Chat, Scope::Admin].into();
        let store = &self.app.node.store;
        let new = tokens::create(store, name, scopes, now, None).await.unwrap();
        let how = people::Circumstances::operator(now);
        household.people().link_token(&new.token.id, Some(person.id), how).await.unwrap();
        new.bearer.0
    }

    async fn ask(
        &self,
        token: Option<&str>,
        (method, path): (Method, &str),
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        let headers = request.headers_mut();
        headers.insert(header::HOST, "localhost".parse().unwrap());
        headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, self.language.parse().unwrap());
        if let Some(token) = token {
            let bearer = format!("Bearer {token}").parse().unwrap();
            headers.insert(header::AUTHORIZATION, bearer);
        }
        let peer = Peer { address: ([127, 0, 0, 1], 5000).into(), tls: true, here: true };
        request.extensions_mut().insert(peer);
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Begins a conversation.
    async fn talk<'a>(&'a self, token: Option<&'a str>) -> Talk<'a> {
        let (_, begun) = self.ask(token, (Method::POST, "/api/conversations"), None).await;
        let path = format!("/api/conversations/{}", begun["id"].as_str().unwrap());
        Talk { house: self, token, path }
    }

    /// Begins a conversation of somebody who says who they are.
    async fn known<'a>(&'a self, name: &str, token: &'a str) -> Talk<'a> {
        let talk = self.talk(Some(token)).await;
        let told = talk.post("identity", json!({"name": name})).await;
        assert_eq!(told["here"]["identity"], "confirmed", "{told}");
        talk
    }

    fn done(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }
}

struct Talk<'a> {
    house: &'a House,
    token: Option<&'a str>,
    path: String,
}

impl Talk<'_> {
    async fn post(&self, what: &str, body: Value) -> Value {
        let (status, told) = self.send(Method::POST, what, Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{what}: {told}");
        told
    }

    async fn get(&self, what: &str) -> (StatusCode, Value) {
        self.send(Method::GET, what, None).await
    }

    async fn send(&self, method: Method, what: &str, body: Option<Value>) -> (StatusCode, Value) {
        let path = format!("{}/{what}", self.path);
        self.house.ask(self.token, (method, &path), body).await
    }

    async fn command(&self, name: &str, slots: Value) -> Value {
        self.post("commands", json!({"command": name, "slots": slots})).await
    }

    async fn answer(&self, id: &Value, confirm: bool) -> Value {
        self.post("confirmation", json!({"id": id, "confirm": confirm})).await
    }

    async fn garage(&self) -> Value {
        self.command("open_garage", json!({"garage": "garage"})).await
    }
}

fn decided(told: &Value) -> (&str, &str) {
    let last = told["decisions"].as_array().unwrap().last().unwrap();
    (last["decision"].as_str().unwrap(), last["reason"].as_str().unwrap())
}

// INV-IDENT-1: nobody is certain without two signals, and nothing happens for who is not certain.
#[tokio::test]
async fn without_a_token_a_name_is_only_a_name() {
    let house = House::new().await;
    house.person("olga", Role::Owner, None).await;
    let talk = house.talk(None).await;
    let (_, here) = talk.get("identity").await;
    assert_eq!((&here["identity"], &here["person"]), (&json!("unknown"), &Value::Null));
    let told = talk.post("identity", json!({"name": "olga"})).await;
    assert_eq!(told["here"]["identity"], "probable");
    let told = talk.command("turn_on_light", json!({"location": "kitchen"})).await;
    assert_eq!(decided(&told), ("refused", "not_identified"));
    for what in ["profile", "profile/export", "audit", "people"] {
        let (status, problem) = talk.get(what).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{what}");
        assert_eq!(problem["code"], "not_identified", "{what}");
    }
    assert_eq!(house.done(), 0);
    // What is refused is written down.
    let records = audit::list(&house.app.node.store, audit::Filter::default()).await.unwrap();
    for what in ["turn_on_light", "profile", "export", "audit", "people"] {
        let of = records.iter().find(|record| record.what == what).unwrap();
        assert_eq!((of.decision.name(), &*of.reason), ("refused", "not_identified"), "{what}");
    }
}

#[tokio::test]
async fn a_german_is_answered_in_german() {
    let house = House { language: "de-CH, en;q=0.5", ..House::new().await };
    let token = house.person("olga", Role::Owner, None).await;
    let told = house.known("olga", &token).await.garage().await;
    assert_eq!(told["here"]["pending"]["would"], "die Garage öffnen");
    assert!(told["text"].as_str().unwrap().starts_with("Soll ich die Garage öffnen?"), "{told}");
}

// C-33, C-34: what is risky waits for its own confirmation, is done once, and is off when somebody comes.
#[tokio::test]
async fn an_owner_confirms_what_waits_once_and_nothing_waits_when_somebody_comes() {
    let house = House::new().await;
    let token = house.person("olga", Role::Owner, None).await;
    let talk = house.known("olga", &token).await;
    let told = talk.garage().await;
    assert_eq!(decided(&told).0, "asked");
    let pending = told["here"]["pending"].clone();
    assert_eq!(
        (&pending["what"], &pending["would"]),
        (&json!("open_garage"), &json!("open the garage"))
    );
    assert!(pending["until"].as_i64() > told["here"]["now"].as_i64());
    let another = talk.answer(&json!(uuid::Uuid::nil()), true).await;
    assert_eq!(another["here"]["pending"]["id"], pending["id"], "{another}");
    assert_eq!(house.done(), 0);
    let told = talk.answer(&pending["id"], true).await;
    assert_eq!(decided(&told), ("done", "done"));
    let again = talk.answer(&pending["id"], true).await;
    assert_eq!(again["decisions"], json!([]), "{again}");
    assert_eq!(house.done(), 1);

    let waits = talk.garage().await["here"]["pending"]["id"].clone();
    let told = talk.post("mode", json!({"statement": "somebody_came"})).await;
    assert_eq!(decided(&told), ("cancelled", "mode_changed"));
    assert_eq!(told["here"]["mode"], "shared_unverified");
    talk.answer(&waits, true).await;
    assert_eq!(house.done(), 1);
    let (status, problem) = talk.get("audit").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(problem["code"], "not_while_others_are_here");
    let told = talk.post("mode", json!({"statement": "alone"})).await;
    assert_eq!(told["here"]["mode"], "private", "{told}");
    let no = talk.garage().await["here"]["pending"]["id"].clone();
    assert_eq!(decided(&talk.answer(&no, false).await), ("cancelled", "declined"));
    assert_eq!(house.done(), 1);
}

// C-35: a delegation is given by confirmation, holds at once, and ends at once.
#[tokio::test]
async fn a_guest_may_what_an_owner_lets_them_until_it_is_taken_back() {
    let house = House::new().await;
    let olga = house.person("olga", Role::Owner, None).await;
    let gero = house.person("gero", Role::Guest, None).await;
    let (owner, guest) = (house.known("olga", &olga).await, house.known("gero", &gero).await);
    let light = || guest.command("turn_on_light", json!({"location": "kitchen"}));
    assert_eq!(decided(&light().await), ("refused", "not_permitted"));
    let wish = json!({"to": "gero", "groups": ["home_automation"], "seconds": 3600});
    let told = owner.post("delegations", wish).await;
    let told = owner.answer(&told["here"]["pending"]["id"], true).await;
    assert_eq!(decided(&told).0, "granted", "{told}");
    let given = &told["here"]["delegations"][0];
    assert_eq!((&given["to"], &given["may_revoke"]), (&json!("gero"), &json!(true)));
    assert_eq!(decided(&light().await), ("done", "done"));
    let told = owner.post("revocations", json!({"delegation": given["id"]})).await;
    assert_eq!((decided(&told).0, &told["here"]["delegations"]), ("ended", &json!([])));
    assert_eq!(decided(&light().await), ("refused", "not_permitted"));
    assert_eq!(house.done(), 1);
    let wish = json!({"to": "gero", "fields": ["birthdate"]});
    let told = owner.post("consents", wish).await;
    let told = owner.answer(&told["here"]["pending"]["id"], true).await;
    assert_eq!(told["here"]["consents"][0]["fields"], json!(["birthdate"]));
    let id = &told["here"]["consents"][0]["id"];
    let told = owner.post("revocations", json!({"consent": id})).await;
    assert_eq!(told["here"]["consents"], json!([]));
}

// INV-AGE: what is not for children stays closed to them, and their birthdate with it.
#[tokio::test]
async fn a_child_opens_no_garage_and_changes_no_birthdate() {
    let house = House::new().await;
    house.person("olga", Role::Owner, None).await;
    let token = house.person("kai", Role::Operator, Some("2019-04-01")).await;
    let talk = house.known("kai", &token).await;
    assert_eq!(decided(&talk.garage().await), ("refused", "adults_only"));
    let change = json!({"field": "birthdate", "value": "1999-04-01"});
    assert_eq!(decided(&talk.post("profile", change).await), ("refused", "minors_birthdate"));
    assert_eq!(house.done(), 0);
}

// C-36: one's profile is one's own: seen, changed, taken along, erased.
#[tokio::test]
async fn a_profile_is_changed_exported_and_erased_by_its_owner() {
    let house = House::new().await;
    let olga = house.person("olga", Role::Owner, None).await;
    let gero = house.person("gero", Role::Guest, None).await;
    let talk = house.known("gero", &gero).await;
    let told = talk.post("profile", json!({"field": "note", "value": "drinks tea"})).await;
    assert_eq!(decided(&told).0, "changed", "{told}");
    let (_, profile) = talk.get("profile").await;
    let parts = profile["parts"].as_array().unwrap();
    let note = parts.iter().find(|part| part["field"] == "note").unwrap();
    assert_eq!(note["value"], "drinks tea");
    talk.post("mode", json!({"statement": "somebody_came"})).await;
    let (_, profile) = talk.get("profile").await;
    assert!(!profile.to_string().contains("tea"), "others would hear it: {profile}");
    talk.post("mode", json!({"statement": "alone"})).await;
    let (status, export) = talk.get("profile/export").await;
    assert_eq!(status, StatusCode::OK);
    assert!(export.to_string().contains("drinks tea"));

    // What owners see of others is names, and no values.
    let owner = house.known("olga", &olga).await;
    let (_, everybody) = owner.get("people").await;
    let people = everybody["people"].as_array().unwrap();
    let seen = people.iter().find(|person| person["name"] == "gero").unwrap();
    assert_eq!((&seen["role"], &seen["fields"]), (&json!("guest"), &json!(["note"])));
    assert!(!everybody.to_string().contains("tea"));
    let (status, refused) = talk.get("people").await;
    assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("not_permitted")));

    let erase = |name: &str| Some(json!({"confirm": name}));
    let (status, problem) = talk.send(Method::DELETE, "profile", erase("olga")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    let (status, erased) = talk.send(Method::DELETE, "profile", erase("gero")).await;
    assert_eq!((status, &erased["fields"]), (StatusCode::OK, &json!(1)), "{erased}");
    let (_, here) = talk.get("identity").await;
    assert_eq!(here["identity"], "unknown");
    // Somebody has to own the household.
    let (status, problem) = owner.send(Method::DELETE, "profile", erase("olga")).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{problem}");
}

#[tokio::test]
async fn the_audit_tells_a_person_what_concerned_them_and_nothing_that_was_said() {
    let house = House::new().await;
    let token = house.person("olga", Role::Owner, None).await;
    let talk = house.known("olga", &token).await;
    let told = talk.garage().await;
    talk.answer(&told["here"]["pending"]["id"], true).await;
    let (status, audit) = talk.get("audit").await;
    assert_eq!(status, StatusCode::OK);
    let records = audit["records"].as_array().unwrap();
    let told: Vec<_> =
        records.iter().take(3).map(|record| record["decision"].as_str().unwrap()).collect();
    assert_eq!(told, ["done", "allowed", "asked"], "the newest first");
    assert_eq!(
        (&records[0]["what"], &records[0]["basis"]),
        (&json!("open_garage"), &json!("role"))
    );
}

#[tokio::test]
async fn a_conversation_of_somebody_else_is_none() {
    let house = House::new().await;
    let olga = house.person("olga", Role::Owner, None).await;
    let gero = house.person("gero", Role::Guest, None).await;
    let talk = Talk { token: Some(&gero), ..house.known("olga", &olga).await };
    for what in ["identity", "profile", "profile/export", "audit", "people"] {
        let (status, problem) = talk.get(what).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::NOT_FOUND, &json!("no_such_conversation"))
        );
    }
}

#[tokio::test]
async fn bad_fields_are_named_with_what_would_be_right() {
    let house = House::new().await;
    let talk = house.talk(None).await;
    let long = "x".repeat(101);
    let slots: BTreeMap<String, &str> = (0..21).map(|at| (at.to_string(), "x")).collect();
    for (what, body, needle) in [
        ("identity", json!({"name": ""}), "1 to 100"),
        ("identity", json!({"name": long}), "1 to 100"),
        ("mode", json!({"statement": "party"}), "somebody_came"),
        ("commands", json!({"command": "x", "slots": slots}), "at most 20"),
        ("commands", json!({"command": "x", "slots": {"a": "x".repeat(201)}}), "at most 200"),
        ("confirmation", json!({"id": "7", "confirm": true}), "id"),
        ("profile", json!({"field": "shoe_size", "value": "42"}), "preferred_name"),
        ("delegations", json!({"to": "gero", "groups": ["garage"]}), "home_automation"),
        ("delegations", json!({"to": "gero", "groups": []}), "groups"),
        ("delegations", json!({"to": "gero", "groups": ["media"], "seconds": 0}), "seconds"),
        ("consents", json!({"to": "gero", "fields": ["shoe_size"]}), "birthdate"),
        ("revocations", json!({"token": uuid::Uuid::nil()}), "delegation"),
    ] {
        let (status, problem) = talk.send(Method::POST, what, Some(body)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{what} {problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(needle), "{what}: {detail}");
    }
    let (status, _) = talk.send(Method::DELETE, "profile", Some(json!({}))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_catalogue_says_what_is_not_available_and_why() {
    let house = House::new().await;
    let (status, listed) = house.ask(None, (Method::GET, "/api/commands"), None).await;
    assert_eq!(status, StatusCode::OK);
    let commands = listed["commands"].as_array().unwrap();
    let of = |name: &str| commands.iter().find(|one| one["name"] == name).unwrap();
    assert_eq!(of("open_garage")["unavailable"], Value::Null);
    assert_eq!(of("set_volume")["unavailable"]["code"], "no_broker");
    assert_eq!(of("set_volume")["slots"]["level"]["to"], 100);
    assert_eq!(of("open_garage")["risk"], "high");
}

// REQUIREMENTS 2.C: it ran a shell for whoever asked.
#[tokio::test]
async fn disable_service_takes_who_may_and_a_confirmation() {
    let house = House::new().await;
    let token = house.person("olga", Role::Owner, None).await;
    let disable = async |token: Option<&str>, query: &str| {
        let path = format!("/disable_service?{query}");
        house.ask(token, (Method::POST, &path), None).await
    };
    let (status, told) = disable(None, "target=cups&as=olga").await;
    assert_eq!((status, &told["status"]), (StatusCode::FORBIDDEN, &json!("refused")), "{told}");
    let (status, told) = disable(Some(&token), "target=cups%3Breboot&as=olga").await;
    assert_eq!((status, &told["confirmation"]), (StatusCode::FORBIDDEN, &Value::Null), "{told}");
    let (status, _) = disable(Some(&token), "target=").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, told) = disable(Some(&token), "target=cups&as=olga").await;
    assert_eq!(
        (status, &told["status"]),
        (StatusCode::ACCEPTED, &json!("confirmation_required")),
        "{told}"
    );
    assert_eq!(house.done(), 0);
    let path = format!("/api/conversations/{}", told["conversation"].as_str().unwrap());
    let talk = Talk { house: &house, token: Some(&token), path };
    assert_eq!(decided(&talk.answer(&told["confirmation"], true).await), ("done", "done"));
    assert_eq!(house.done(), 1);
}

// C-37: the operator's door is written down, too, before it opens.
#[tokio::test]
async fn a_refresh_by_an_operators_token_is_audited() {
    let house = House::new().await;
    let token = house.person("olga", Role::Owner, None).await;
    let (status, _) = house.ask(Some(&token), (Method::POST, "/api/release/refresh"), None).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let records = audit::list(&house.app.node.store, audit::Filter::default()).await.unwrap();
    let of = records.iter().filter(|record| record.what == "refresh_node");
    let told: Vec<_> = of
        .map(|record| {
            assert_eq!(
                (&*record.identity, record.basis.as_deref()),
                ("operator", Some("operator"))
            );
            (record.decision.name(), &*record.reason)
        })
        .collect();
    assert_eq!(told, [("allowed", "operator"), ("failed", "no_supervisor")]);
}
